# shellcheck shell=bash
# Sourced: puts a Go of at least 1.26 first on PATH. A fresh Debian 12 has Go 1.19 in its packages, which
# fetches the newer toolchain as a module; its execute bits must be set by hand.
go_is_new_enough() {
  command -v go >/dev/null &&
    [ "$(printf '%s\n' 1.26 "$(go env GOVERSION | sed 's/^go//')" | sort -V | head -1)" = 1.26 ]
}
if ! go_is_new_enough; then
  toolchain=v0.0.1-go1.26.8.linux-amd64
  checksum=h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=
  old=/usr/lib/go-1.19/bin/go
  [ -x "$old" ] || apt-get -o DPkg::Lock::Timeout=180 install -y -qq --no-install-recommends golang-1.19-go
  scratch=$(mktemp -d)
  (cd "$scratch" && printf 'module x\ngo 1.19\n' >go.mod &&
    GOROOT=/usr/lib/go-1.19 "$old" mod download -json "golang.org/toolchain@$toolchain" | grep -q "$checksum") ||
    { echo "the Go toolchain $toolchain could not be fetched or its checksum differs" >&2; rm -rf "$scratch"; return 1; }
  rm -rf "$scratch"
  goroot=$GOMODCACHE/golang.org/toolchain@$toolchain
  chmod -R u+w "$goroot"
  chmod +x "$goroot"/bin/* "$goroot"/pkg/tool/*/*
  export PATH="$goroot/bin:$PATH" GOTOOLCHAIN=local
  unset GOROOT
fi
