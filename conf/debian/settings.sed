# What Debian's milticket.conf has other than upstream's.
/^# Permissions of a unix socket/c\
# Permissions of a unix socket. Its group is postfix here, as that of its directory.
/^#socket = /c\
# On Debian it is below the queue directory of Postfix, whose smtpd is chrooted, and which\
# names it unix:milticket/milter.sock; README.Debian has more.\
socket = "unix:/var/spool/postfix/milticket/milter.sock";
