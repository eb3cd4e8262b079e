# The folders that hold code: one static library each. Second column on: what it links (project folders by
# path, else CMake targets or libraries). A folder without .cc files becomes an interface library.
# Direction and contents are checked by scripts/check_layering.py.
set(FAIRLEAD_FOLDERS
  "lib/base"
  "lib/net|lib/base"
  "lib/api|lib/net|OpenSSL::Crypto"
  "lib/reconcile|lib/api"
  "lib/sys|lib/net|spdlog|fmt|prometheus-cpp-core|yaml-cpp|Threads::Threads"
  "lib/apiserver|lib/reconcile|lib/sys|cpprest|OpenSSL::SSL|OpenSSL::Crypto"
  "controller/plan|lib/api|lib/reconcile"
  "controller/status|lib/api|controller/plan"
  "controller/app|controller/status|lib/apiserver"
  "node/vrrp|lib/net"
  "node/neighbor|lib/net"
  "node/address|lib/net"
  "node/plan|lib/api|node/vrrp|node/address"
  "node/ipvs|node/plan"
  "node/filter|node/plan"
  "node/health|node/plan|lib/reconcile"
  "node/kernel|lib/sys|node/ipvs|node/filter|node/address|nl-3|nl-route-3|nl-genl-3|kmod|cap-ng"
  "node/wire|lib/sys|node/vrrp|node/neighbor|node/filter"
  "node/probe|lib/sys|node/health"
  "node/agent|node/kernel|node/wire|node/probe|node/plan|lib/apiserver"
)
