/* The table of checks: what each needs, who looks, what mends it. */
#include "doctor.h"

#define SETTINGS NEEDS_SETTINGS
#define POSTFIX NEEDS_SETTINGS | NEEDS_POSTFIX
#define SENDMAIL NEEDS_SETTINGS | NEEDS_SENDMAIL
#define SET_POSTFIX "{postconf} {1} {2} && {reload}"
#define SET_SENDMAIL "{=1} && {makecf}"
#define RESTART "systemctl restart milticket"

/* clang-format off */
const struct doctor_check doctor_checks[] = {
	{ "settings", 0, look_settings, "${EDITOR:-vi} {conf}" },
	{ "accounts", SETTINGS, look_accounts, "${EDITOR:-vi} {conf}" },
	{ "needs", SETTINGS, look_needs, "{=1}" },
	{ "store-owner", SETTINGS | NEEDS_ROOT, look_store_owner, "chown -R {1} {2} && chmod -R g+rwX,o= {2}" },
	{ "password-file", SETTINGS | NEEDS_ROOT, look_password, "chgrp {1} {2} && chmod 0640 {2}" },
	{ "unit", SETTINGS, look_unit,
		"mkdir -p /etc/systemd/system/milticket.service.d && "
		"printf '[Service]\\nReadWritePaths=%s\\n' {1} >>/etc/systemd/system/milticket.service.d/paths.conf && "
		"systemctl daemon-reload && " RESTART },
	{ "daemon", SETTINGS, look_daemon, "systemctl start milticket" },
	{ "socket", SETTINGS, look_socket, RESTART },
	{ "relay", SETTINGS, look_relay, "{=1}" },
	{ "mail-server", 0, look_mail_server, "apt-get install postfix" },

	{ "postfix-twice", POSTFIX, look_postfix_twice, "{postconf} -X {1} && {postconf} -e {2} && {reload}" },
	{ "postfix-chroot", POSTFIX, look_postfix_chroot,
		"install -d -o {1} -g {2} -m 2750 {3} && {=4} && " RESTART },
	{ "postfix-milters", POSTFIX, look_postfix_milters, SET_POSTFIX },
	{ "postfix-doubled", POSTFIX, look_postfix_doubled, SET_POSTFIX },
	{ "postfix-no-milters", POSTFIX, look_postfix_override, SET_POSTFIX },
	{ "postfix-again", POSTFIX, look_postfix_again, SET_POSTFIX },
	{ "postfix-local", POSTFIX, look_postfix_local, SET_POSTFIX },
	{ "postfix-group", POSTFIX | NEEDS_ROOT, look_postfix_group, "usermod -aG {1} {2} && {reload}" },
	{ "postfix-path", POSTFIX | NEEDS_ROOT, look_postfix_path, "{=1}" },
	{ "postfix-verifiers", POSTFIX, look_postfix_verifiers, SET_POSTFIX },
	{ "postfix-signers", POSTFIX, look_postfix_signers, SET_POSTFIX },
	{ "postfix-default-action", POSTFIX, look_postfix_action, SET_POSTFIX },
	{ "postfix-protocol", POSTFIX, look_postfix_protocol, SET_POSTFIX },
	{ "postfix-header-limit", POSTFIX, look_postfix_header_limit, "{postconf} -e {1} && {reload}" },
	{ "postfix-message-limit", POSTFIX, look_postfix_message_limit, "{postconf} -e {1} && {reload}" },
	{ "postfix-login-header", POSTFIX, look_postfix_login_header, SET_POSTFIX },
	{ "postfix-delimiter", POSTFIX, look_postfix_delimiter, "{postconf} -e {1} && {reload}" },
	{ "postfix-login", POSTFIX | NEEDS_STORE, look_postfix_login,
		"{postconf} -M submission/inet='submission inet n - y - - smtpd' && "
		"{postconf} -P {1}/syslog_name=postfix/submission {1}/smtpd_tls_security_level=encrypt "
		"{1}/smtpd_sasl_auth_enable=yes {1}/smtpd_sasl_type=dovecot {1}/smtpd_sasl_path=private/auth "
		"{1}/smtpd_client_restrictions=permit_sasl_authenticated,reject && {reload}" },
	{ "postfix-accounts", POSTFIX, look_postfix_accounts, "{=1} && {reload}" },
	{ "postfix-control", POSTFIX, look_postfix_control, "{=1} && {reload}" },
	{ "postfix-aliases", POSTFIX, look_postfix_aliases, "{=1} && systemctl reload milticket" },

	{ "sendmail-filter", SENDMAIL, look_sendmail_filter, SET_SENDMAIL },
	{ "sendmail-flag", SENDMAIL, look_sendmail_flag, SET_SENDMAIL },
	{ "sendmail-timeout", SENDMAIL, look_sendmail_timeout, SET_SENDMAIL },
	{ "sendmail-order", SENDMAIL, look_sendmail_order, "echo {1} >>{mc} && {makecf}" },
	{ "sendmail-port", SENDMAIL, look_sendmail_daemon,
		"sed -i 's/InputMailFilters=/&{=1};/' {mc} && {makecf}" },
	{ "sendmail-macros", SENDMAIL, look_sendmail_macros, SET_SENDMAIL },
	{ "sendmail-path", SENDMAIL | NEEDS_ROOT, look_sendmail_path,
		"usermod -aG {1} {2} && systemctl restart sendmail" },
	{ "sendmail-delimiter", SENDMAIL, look_sendmail_delimiter, "{=1} && systemctl reload milticket" },
	{ "sendmail-accounts", SENDMAIL, look_sendmail_accounts,
		"echo {1} >>{2} && sendmail -C{3} -bi" },
	{ "sendmail-control", SENDMAIL, look_sendmail_control,
		"echo {1} >>{2} && sendmail -C{3} -bi" },
	{ "sendmail-aliases", SENDMAIL, look_sendmail_aliases, "{=1} && systemctl reload milticket" },
	{ NULL, 0, NULL, NULL },
};
/* clang-format on */
