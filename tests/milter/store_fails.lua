-- While nothing can be recorded, our mail is asked to come again and others' mail passes.
dofile(desk)

send("carla@customer.example", "support@example.com", question("<one@customer.example>"))
if not replied(SMFIR_REPLYCODE) then
	fail("no reply of the filter's own")
end
if mt.eom_check(connection, MT_HDRADD) or mt.eom_check(connection, MT_HDRCHANGE) then
	fail("edited a mail that was refused")
end
envelope("a@customer.example", "colleague@example.com")
if not replied(SMFIR_ACCEPT) then
	fail("mail of others was not accepted")
end
mt.disconnect(connection)
