# Files tickets by what they waited for when the mail came: Tickets.New, Tickets.Open,
# Tickets.Waiting, Tickets.Internal, Tickets.Clarify, Tickets.Closed.
#
# A mail stays where it was filed: the folder tells the status at its arrival. What changes
# later is seen in "ticket list", or in the next mail of the ticket.

require ["fileinto", "mailbox", "variables"];

if header :matches "X-Ticket-Status" "?*" {
	set :lower :upperfirst "status" "${0}";
	if string :is "${status}" "Spam" {
		fileinto :create "Junk";
	} else {
		fileinto :create "Tickets.${status}";
	}
}
