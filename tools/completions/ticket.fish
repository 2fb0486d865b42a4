# fish completion of ticket(1). What may stand where is asked of the program itself.
function __ticket_complete
	set -l words (commandline -opc)
	set -l word (commandline -ct)
	set -l found (command $words[1] complete -- $words[2..-1] "$word" 2>/dev/null)

	if test (count $found) -gt 0
		printf '%s\n' $found
	else
		__fish_complete_path "$word"
	end
end

complete -c ticket -f -a '(__ticket_complete)'
