# bash completion of ticket(1). What may stand where is asked of the program itself.
_ticket() {
	local word words=() cur=${COMP_WORDS[COMP_CWORD]}

	# Bash makes "--status=open" three words; the program takes "--status" "open" just as well.
	[[ $cur == = ]] && cur=
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word == = ]] || words+=("$word")
	done
	mapfile -t COMPREPLY < <("${1/#\~/$HOME}" complete -- "${words[@]}" "$cur" 2>/dev/null | cut -f 1)
	[[ ${#COMPREPLY[@]} -gt 0 ]] || compopt -o default 2>/dev/null
}
complete -o nosort -F _ticket ticket
