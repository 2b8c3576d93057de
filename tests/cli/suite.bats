#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The suite itself: a test that hangs is ended and has failed, and one may be started with signals ignored.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# run_bats COMMAND...: a test file on standard input, in a bats of its own; TEST for @test, which bats would take for ours.
run_bats() {
	local bats
	bats=$(type -aP bats | grep -v libexec | head -n 1)
	{
		printf 'load %s/tests/cli/helpers\n' "$top"
		sed 's/^TEST/@test/'
	} >inner.bats
	run env -i PATH="$PATH" HOME="$HOME" TEST_LIMIT=3 XEN_BIGDISK="$bigdisk" "$@" "$bats" --tap inner.bats 3>&-
	printf '%s\n' "$output"
}

@test "a test that hangs is ended with all that it has started, and has failed" {
	run_bats <<-'INNER'
		TEST "hangs" {
			(trap "" HUP INT TERM; setsid sleep 98765 & setsid sleep 98765 >/dev/null 2>&1 3>&- &)
			run sleep 98765
			run sleep 98765
		}
		TEST "goes on" {
			true
		}
	INNER
	[[ $status -eq 1 ]]
	grep -qx 'not ok 1 hangs' <<<"$output"
	grep -qx '# ended by its time limit of 3 s' <<<"$output"
	grep -qx 'ok 2 goes on' <<<"$output"
	run ! pgrep -fx 'sleep 98765'
}

@test "a test that sends signals may be started where they are ignored" {
	run_bats sh -c 'trap "" HUP INT QUIT; exec "$@"' sh <<-'INNER'
		TEST "signals" {
			local signal pid
			for signal in HUP INT QUIT; do
				"${default_signals[@]}" sleep 98765 3>&- &
				pid=$!
				until grep -qx sleep /proc/$pid/comm; do sleep 0.1; done
				kill -s "$signal" "$pid"
				status=0
				wait "$pid" || status=$?
				[[ $status -eq $((128 + $(kill -l "$signal"))) ]]
			done
		}
	INNER
	[[ $status -eq 0 && $output == *"ok 1 signals"* ]]
}

@test "a program beyond its limit is killed with what it started; else its status is what counts" {
	run "$top/tests/limit" 2 sh -c 'trap "" TERM; setsid sleep 98764 & wait'
	[[ $status -eq 124 && $output == *"not done after 2 s"* ]]
	run ! pgrep -fx 'sleep 98764'
	run "$top/tests/limit" 60 sh -c 'exit 3'
	[[ $status -eq 3 ]]
	run "$top/tests/limit" 60 sh -c 'kill -KILL $$'
	[[ $status -eq 137 ]]
	run sh -c 'trap "" HUP INT QUIT; exec "$@"' sh "$top/tests/limit" 60 grep SigIgn /proc/self/status
	# Of signals 1 to 28: what make has started has glibc's own 32 and 33 ignored.
	[[ $output == *0000000 ]]
}
