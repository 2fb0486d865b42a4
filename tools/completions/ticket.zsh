#compdef ticket
# zsh completion of ticket(1). What may stand where is asked of the program itself.
_ticket() {
	local line
	local -a matches

	for line in "${(@f)$(command ${words[1]} complete -- "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
		[[ -n $line ]] && matches+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
	done
	if (( $#matches )); then
		_describe -V 'ticket' matches
	else
		_files
	fi
}

_ticket "$@"
