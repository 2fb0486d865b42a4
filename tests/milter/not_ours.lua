-- Mail of others is accepted before its content, and the connection goes on to a mail that is ours.
dofile(desk)

envelope("a@customer.example", "colleague@example.com")
if not replied(SMFIR_ACCEPT) then
	fail("not accepted at DATA")
end
send("carla@customer.example", "support@example.com", question("<one@customer.example>"))
expect(MT_HDRADD, "X-Ticket", " 1")
mt.disconnect(connection)
