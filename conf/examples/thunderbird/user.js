// What msgFilterRules.dat beside this file needs: the headers that filters may look at (in an
// IMAP mailbox they are fetched only if they are named here), and the tags with their colours.
user_pref("mailnews.customHeaders", "X-Ticket-Status: X-Ticket-Agent: X-Ticket-Event: X-Ticket-Priority: X-Ticket-Queue");
user_pref("mailnews.tags.ticket-new.tag", "Ticket: nobody's");
user_pref("mailnews.tags.ticket-new.color", "#C24100");
user_pref("mailnews.tags.ticket-mine.tag", "Ticket: mine");
user_pref("mailnews.tags.ticket-mine.color", "#0061A6");
user_pref("mailnews.tags.ticket-note.tag", "Ticket: note");
user_pref("mailnews.tags.ticket-note.color", "#6D5A00");
user_pref("mailnews.tags.ticket-back.tag", "Ticket: came back");
user_pref("mailnews.tags.ticket-back.color", "#8A1C7C");
