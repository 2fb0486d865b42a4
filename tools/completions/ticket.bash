# bash completion of ticket(1). What may stand where is asked of the program itself.
_ticket() {
	local word words=() cur=${COMP_WORDS[COMP_CWORD]} i glue= quoted=

	# Bash makes "--status=open" three words; the program takes "--status" "open" just as well. A time
	# of day is made three, too, and is one.
	[[ $cur == = ]] && cur=
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == : && ${#words[@]} -gt 0 || $glue ]]; then
			words[-1]+=$word
			glue=
			[[ $word == : ]] && glue=1
		elif [[ $word != = || $i -eq $COMP_CWORD ]]; then
			words+=("$word")
		fi
	done
	[[ ${words[-1]} == *:* ]] && cur=${words[-1]}
	unset 'words[-1]'
	# After a quote all of the word is replaced, whatever is in it.
	[[ $cur == [\'\"]* ]] && quoted=1 cur=${cur:1}
	mapfile -t COMPREPLY < <("${1/#\~/$HOME}" complete -- "${words[@]}" "$cur" 2>/dev/null | cut -f 1)
	# Elsewhere only what is after the last colon is.
	[[ ! $quoted && $cur == *:* ]] && COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
	[[ ${COMPREPLY[0]} == *: ]] && compopt -o nospace 2>/dev/null
	# Of one alone bash would close the quote.
	[[ $quoted && ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *: ]] &&
		COMPREPLY+=("${COMPREPLY[0]} ")
	[[ ${#COMPREPLY[@]} -gt 0 || $quoted || $cur == *:* || $cur == @* ]] ||
		compopt -o default 2>/dev/null
}
complete -o nosort -F _ticket ticket
