#!/usr/bin/env bash
# kernel-headers.sh RELEASE DIRECTORY: downloads the packages with the headers of a Debian kernel (6.1 to 7.x), unpacks them in
# DIRECTORY and prints where modules can be built then. Nothing is installed, and no rights are needed.
#
#   headers=$(examples/kernel-headers.sh 6.12.117+deb12-amd64 /tmp/headers) && examples/module-build.sh "$headers"
#
# It asks the package lists that are there (apt-get update makes them new; apt-cache search linux-headers shows RELEASEs).
set -euo pipefail
[[ $# == 2 ]] || { echo "usage: kernel-headers.sh RELEASE DIRECTORY" >&2; exit 2; }
release=$1
mkdir -p "$2"
cd "$2"
wanted=("linux-headers-$release")
# What they are built of: headers that several kernels share, and the programs of the build.
mapfile -t -O 1 wanted < <(apt-cache depends --no-recommends "linux-headers-$release" |
  sed -n 's/^ *Depends: \(linux-\(headers-.*-common\(-rt\)\?\|kbuild-.*\)\)$/\1/p')
[[ ${#wanted[@]} == 3 ]] || { echo "kernel-headers: no such packages here: linux-headers-$release" >&2; exit 1; }
apt-get -qq -o APT::Sandbox::User=root download "${wanted[@]}" >&2 # as who runs this: nobody else may write here
for package in "${wanted[@]}"; do
  dpkg-deb -x "$package"_*.deb .
  rm "$package"_*.deb
done
echo "$PWD/usr/src/linux-headers-$release"
