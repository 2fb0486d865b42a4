# Debian packages for building, testing and showing; sourced by tests/run and tools/demo. Installs only what is missing,
# asks nothing, starts no service, and removes nothing that is installed.

build_packages="autoconf automake gcc libc6-dev libconfig-dev libcurl4-openssl-dev libglib2.0-dev libgmime-3.0-dev libical-dev libidn2-dev
	libjansson-dev liblmdb-dev libmilter-dev libpq-dev libsqlite3-dev libsystemd-dev make nettle-dev pkg-config tzdata"
mail_packages="postfix python3-minimal python3"
package_packages="debhelper dpkg-dev git lintian mmdebstrap systemd-container"
example_packages="dovecot-sieve dovecot-submissiond iproute2 notmuch opendkim opendkim-tools opendmarc prometheus-node-exporter rspamd"
test_packages="adduser clang clang-format-14 dovecot-core dovecot-imapd fish gettext gnupg gpg-agent iproute2 libclang-rt-14-dev libdb5.3 libldap-2.5-0 liblockfile1 libnsl2 libsasl2-2 libwrap0
	llvm lmdb-utils m4 locales mandoc miltertest mutt openssl perl pgbouncer postgresql-15 procps python3-jsonschema python3-prometheus-client python3-pytest spin systemd tmux util-linux zsh"
bench_packages="opendkim opendkim-tools perl postgresql-15 valgrind"

missing_packages() {
	for package in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
	done
}

# Until the trap ends, a package's services are not started when it is installed.
hold_services() {
	[ -e /usr/sbin/policy-rc.d ] && return
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
	trap 'rm -f /usr/sbin/policy-rc.d' EXIT
}

install_packages() (
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || exit 0
	if [ "$(id -u)" != 0 ]; then
		echo "not root; please install first:" $missing >&2
		exit 1
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update </dev/null || exit 1
	if apt-get -s install --no-install-recommends $missing </dev/null | grep '^Remv'; then
		echo "not installing" $missing "as that would remove the above" >&2
		exit 1
	fi
	hold_services
	printf '%s\n' 'postfix postfix/main_mailer_type select No configuration' \
		'opendmarc opendmarc/dbconfig-install boolean false' | debconf-set-selections
	apt-get -q -y install --no-install-recommends $missing </dev/null
)

# Sendmail excludes Postfix, so its packages are unpacked below the directory $1, not installed.
unpack_sendmail() (
	[ -x "$1/usr/libexec/sendmail/sendmail" ] && exit 0
	rm -rf "$1" "$1.deb" && mkdir -p "$1" "$1.deb" && cd "$1.deb" || exit 1
	packages="sendmail-bin sendmail-base sendmail-cf"
	apt-get -q -o APT::Sandbox::User=root download $packages </dev/null ||
		{ apt-get -q update </dev/null && apt-get -q -o APT::Sandbox::User=root download $packages </dev/null; } || exit 1
	for package in *.deb; do
		dpkg-deb -x "$package" "$1" || exit 1
	done
)

# Builds out of the source tree $1 in $2, with the rest as configure's arguments.
build_tree() (
	source=$1 build=$2
	shift 2
	[ -x "$source/configure" ] || "$source/autogen.sh" || exit 1
	mkdir -p "$build" && cd "$build" || exit 1
	[ -f Makefile ] && grep -qxF -e "$*" arguments 2>/dev/null || "$source/configure" -q "$@" || exit 1
	echo "$*" >arguments
	make -j"$(nproc)"
)
