# Files tickets by whose they are, in the mailbox of one agent who gets her tickets by
# deliver = "agents", or in a shared one: Tickets.Mine, Tickets.Nobody.support for those
# that nobody has taken yet, Tickets.Colleagues.ben for those of others.

require ["fileinto", "mailbox", "imap4flags", "variables"];

# Your login, as "ticket agent list" shows it.
set "me" "anna";

if not header :matches "X-Ticket-Queue" "?*" {
	stop;
}
set "queue" "${0}";

if header :is "X-Ticket-Status" "spam" {
	fileinto :create "Junk";
} elsif header :is "X-Ticket-Agent" "${me}" {
	# A reminder of what is yours and came back.
	if header :is "X-Ticket-Event" ["followup", "reopened"] {
		addflag "\\Flagged";
	}
	fileinto :create "Tickets.Mine";
} elsif header :matches "X-Ticket-Agent" "?*" {
	fileinto :create "Tickets.Colleagues.${0}";
} else {
	fileinto :create "Tickets.Nobody.${queue}";
}
