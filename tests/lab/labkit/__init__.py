"""The lab: a cluster, nodes as network namespaces (in a virtual machine where this kernel has no IPVS), and the demo."""
