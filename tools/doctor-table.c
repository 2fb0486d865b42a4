/* The table of checks: what each needs, who looks, what mends it. */
#include "doctor.h"

#define SETTINGS NEEDS_SETTINGS
#define POSTFIX (NEEDS_SETTINGS | NEEDS_POSTFIX)
#define SENDMAIL (NEEDS_SETTINGS | NEEDS_SENDMAIL)
#define SET_POSTFIX "{postconf} {1} {2} && {reload}"
#define SET_SENDMAIL "{=1} && {makecf}"
#define RESTART "systemctl restart milticket"

/* clang-format off */
const struct doctor_check doctor_checks[] = {
	{ .id = "settings", .needs = 0, .look = look_settings,
		.mend = "${EDITOR:-vi} {conf}" },
	{ .id = "accounts", .needs = SETTINGS, .look = look_accounts,
		.mend = "${EDITOR:-vi} {conf}" },
	{ .id = "needs", .needs = SETTINGS, .look = look_needs,
		.mend = "{=1}" },
	{ .id = "store-owner", .needs = SETTINGS | NEEDS_ROOT, .look = look_store_owner,
		.mend = "chown -R {1} {2} && chmod -R g+rwX,o= {2}" },
	{ .id = "password-file", .needs = SETTINGS | NEEDS_ROOT, .look = look_password,
		.mend = "chgrp {1} {2} && chmod 0640 {2}" },
	{ .id = "database", .needs = SETTINGS, .look = look_database,
		.mend = "${EDITOR:-vi} {conf}" },
	{ .id = "search-index", .needs = SETTINGS | NEEDS_STORE, .look = look_search_index,
		.mend = "ticket index rebuild --config {conf}" },
	{ .id = "unit", .needs = SETTINGS, .look = look_unit,
		.mend = "mkdir -p /etc/systemd/system/milticket.service.d && "
		"printf '[Service]\\nReadWritePaths=%s\\n' {1} >>/etc/systemd/system/milticket.service.d/paths.conf && "
		"systemctl daemon-reload && " RESTART },
	{ .id = "mailboxes-group", .needs = SETTINGS, .look = look_mailboxes_group,
		.mend = "groupadd --system --force {1}" },
	{ .id = "mailboxes-path", .needs = SETTINGS | NEEDS_ROOT, .look = look_mailboxes_path,
		.mend = "install -d -o {1} -g {2} -m 2750 {3}" },
	{ .id = "mailboxes-unit", .needs = SETTINGS, .look = look_mailboxes_unit,
		.mend = "mkdir -p /etc/systemd/system/milticket.service.d && "
		"printf '[Service]\nSupplementaryGroups=%s\nReadWritePaths=%s\nRestrictSUIDSGID=no\n"
		"PrivateUsers=no\n' {1} {2} >/etc/systemd/system/milticket.service.d/mailboxes.conf && "
		"systemctl daemon-reload && " RESTART },
	{ .id = "mailboxes-inotify", .needs = SETTINGS, .look = look_mailboxes_inotify,
		.mend = "echo fs.inotify.max_user_instances=512 >/etc/sysctl.d/60-milticket.conf && "
		"sysctl -p /etc/sysctl.d/60-milticket.conf" },
	{ .id = "mailboxes-dovecot", .needs = SETTINGS, .look = look_mailboxes_dovecot,
		.mend = "echo mail_access_groups = {1} >>/etc/dovecot/local.conf && "
		"systemctl reload-or-restart dovecot" },
	{ .id = "daemon", .needs = SETTINGS, .look = look_daemon,
		.mend = "systemctl start milticket" },
	{ .id = "socket", .needs = SETTINGS, .look = look_socket,
		.mend = RESTART },
	{ .id = "relay", .needs = SETTINGS, .look = look_relay,
		.mend = "{=1}" },
	{ .id = "mail-server", .needs = 0, .look = look_mail_server,
		.mend = "apt-get install postfix" },

	{ .id = "postfix-twice", .needs = POSTFIX, .look = look_postfix_twice,
		.mend = "{postconf} -X {1} && {postconf} -e {2} && {reload}" },
	{ .id = "postfix-chroot", .needs = POSTFIX, .look = look_postfix_chroot,
		.mend = "install -d -o {1} -g {2} -m 2750 {3} && {=4} && " RESTART },
	{ .id = "postfix-milters", .needs = POSTFIX, .look = look_postfix_milters,
		.mend = SET_POSTFIX },
	{ .id = "postfix-doubled", .needs = POSTFIX, .look = look_postfix_doubled,
		.mend = SET_POSTFIX },
	{ .id = "postfix-no-milters", .needs = POSTFIX, .look = look_postfix_override,
		.mend = SET_POSTFIX },
	{ .id = "postfix-again", .needs = POSTFIX, .look = look_postfix_again,
		.mend = SET_POSTFIX },
	{ .id = "postfix-local", .needs = POSTFIX, .look = look_postfix_local,
		.mend = SET_POSTFIX },
	{ .id = "postfix-group", .needs = POSTFIX | NEEDS_ROOT, .look = look_postfix_group,
		.mend = "usermod -aG {1} {2} && {reload}" },
	{ .id = "postfix-path", .needs = POSTFIX | NEEDS_ROOT, .look = look_postfix_path,
		.mend = "{=1}" },
	{ .id = "postfix-verifiers", .needs = POSTFIX, .look = look_postfix_verifiers,
		.mend = SET_POSTFIX },
	{ .id = "postfix-signers", .needs = POSTFIX, .look = look_postfix_signers,
		.mend = SET_POSTFIX },
	{ .id = "postfix-default-action", .needs = POSTFIX, .look = look_postfix_action,
		.mend = SET_POSTFIX },
	{ .id = "postfix-protocol", .needs = POSTFIX, .look = look_postfix_protocol,
		.mend = SET_POSTFIX },
	{ .id = "postfix-header-limit", .needs = POSTFIX, .look = look_postfix_header_limit,
		.mend = "{postconf} -e {1} && {reload}" },
	{ .id = "postfix-message-limit", .needs = POSTFIX, .look = look_postfix_message_limit,
		.mend = "{postconf} -e {1} && {reload}" },
	{ .id = "postfix-login-header", .needs = POSTFIX, .look = look_postfix_login_header,
		.mend = SET_POSTFIX },
	{ .id = "postfix-delimiter", .needs = POSTFIX, .look = look_postfix_delimiter,
		.mend = "{postconf} -e {1} && {reload}" },
	{ .id = "postfix-login", .needs = POSTFIX | NEEDS_STORE, .look = look_postfix_login,
		.mend = "{postconf} -M submission/inet='submission inet n - y - - smtpd' && "
		"{postconf} -P {1}/syslog_name=postfix/submission {1}/smtpd_tls_security_level=encrypt "
		"{1}/smtpd_sasl_auth_enable=yes {1}/smtpd_sasl_type=dovecot {1}/smtpd_sasl_path=private/auth "
		"{1}/smtpd_client_restrictions=permit_sasl_authenticated,reject && {reload}" },
	{ .id = "postfix-accounts", .needs = POSTFIX, .look = look_postfix_accounts,
		.mend = "{=1} && {reload}" },
	{ .id = "postfix-control", .needs = POSTFIX, .look = look_postfix_control,
		.mend = "{=1} && {reload}" },
	{ .id = "postfix-aliases", .needs = POSTFIX, .look = look_postfix_aliases,
		.mend = "{=1} && systemctl reload milticket" },

	{ .id = "sendmail-filter", .needs = SENDMAIL, .look = look_sendmail_filter,
		.mend = SET_SENDMAIL },
	{ .id = "sendmail-flag", .needs = SENDMAIL, .look = look_sendmail_flag,
		.mend = SET_SENDMAIL },
	{ .id = "sendmail-timeout", .needs = SENDMAIL, .look = look_sendmail_timeout,
		.mend = SET_SENDMAIL },
	{ .id = "sendmail-order", .needs = SENDMAIL, .look = look_sendmail_order,
		.mend = "echo {1} >>{mc} && {makecf}" },
	{ .id = "sendmail-port", .needs = SENDMAIL, .look = look_sendmail_daemon,
		.mend = "sed -i 's/InputMailFilters=/&{=1};/' {mc} && {makecf}" },
	{ .id = "sendmail-macros", .needs = SENDMAIL, .look = look_sendmail_macros,
		.mend = SET_SENDMAIL },
	{ .id = "sendmail-path", .needs = SENDMAIL | NEEDS_ROOT, .look = look_sendmail_path,
		.mend = "usermod -aG {1} {2} && systemctl restart sendmail" },
	{ .id = "sendmail-delimiter", .needs = SENDMAIL, .look = look_sendmail_delimiter,
		.mend = "{=1} && systemctl reload milticket" },
	{ .id = "sendmail-accounts", .needs = SENDMAIL, .look = look_sendmail_accounts,
		.mend = "echo {1} >>{2} && sendmail -C{3} -bi" },
	{ .id = "sendmail-control", .needs = SENDMAIL, .look = look_sendmail_control,
		.mend = "echo {1} >>{2} && sendmail -C{3} -bi" },
	{ .id = "sendmail-aliases", .needs = SENDMAIL, .look = look_sendmail_aliases,
		.mend = "{=1} && systemctl reload milticket" },
	{ .id = NULL },
};
/* clang-format on */
