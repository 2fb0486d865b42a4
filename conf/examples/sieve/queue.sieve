# Files tickets into a folder for each queue: Tickets.support, Tickets.ops.
#
# For the mailbox that the account delivers to. Dovecot makes the folders. "." is the
# separator of Dovecot's Maildir namespace; write "/" where yours has that.

require ["fileinto", "mailbox", "imap4flags", "variables"];

if not header :matches "X-Ticket-Queue" "?*" {
	stop;
}
set "queue" "${0}";

# Flagged, as every client shows it: what cannot wait.
if header :is "X-Ticket-Priority" ["high", "urgent"] {
	addflag "\\Flagged";
}

# A keyword that Thunderbird and others can colour: a note, which no customer has seen.
if header :is "X-Ticket-Event" "note" {
	addflag "$Note";
}

if header :is "X-Ticket-Status" "spam" {
	fileinto :create "Junk";
} else {
	fileinto :create "Tickets.${queue}";
}
