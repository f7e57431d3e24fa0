#!/bin/bash
# Runs a command with a newer Ceph in the place of the installed one, for all that starts the first
# on the PATH:
#
#   test/servers/newerCeph.sh node node_modules/mocha/bin/mocha.js test/storage/providers/s3/s3.server.test.ts
#
# It is Debian's newest, in a directory of its own that programs of this release see as their root.
# By hand and by root only: it takes 700 MB and a minute, once.
set -euo pipefail
root=${OFFSITE_CACHE:-$HOME/.cache/offsite-dev}/newer-ceph
programs="ceph ceph-authtool ceph-mon ceph-osd monmaptool radosgw radosgw-admin"

if [ ! -d "$root" ]; then
  command -v mmdebstrap >/dev/null || apt-get install -y --no-install-recommends mmdebstrap
  # What is signed there runs out sooner than some clocks believe; the signature is looked at.
  mmdebstrap --variant=apt --aptopt="Acquire::Check-Valid-Until false" \
    --include=ca-certificates,radosgw,ceph-mon,ceph-osd,ceph-common \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg sid "$root.partial" \
    http://deb.debian.org/debian
  mv "$root.partial" "$root"
fi

work=$(mktemp -d)
trap 'rm -rf "$work" "${root:?}$work"' EXIT
mkdir -p "$work/bin" "$work/tmp" "$root$work/tmp"
for program in $programs; do
  printf '#!/bin/sh\nexec chroot %s /usr/bin/%s "$@"\n' "$root" "$program" >"$work/bin/$program"
done
chmod +x "$work"/bin/*

# What is mounted here, nobody else sees, and it ends with the command.
TMPDIR=$work/tmp PATH=$work/bin:$PATH unshare --mount bash -c '
  for shared in /proc /dev "$TMPDIR"; do mount --bind "$shared" "$0$shared"; done
  "$@"
' "$root" "$@"
