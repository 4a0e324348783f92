package main

const module = "github.com/wecom-isv/wecom"

// groups is the performance story of the project, in the order of the table.
func groups() []group {
	return []group{
		{
			name: "open", pkg: module + "/crypto", bench: "^BenchmarkOpen$", benchtime: "300ms",
			rows: []row{
				{what: "open a callback, 400 B", ours: "Open/400B/crypto", yardstick: "Open/400B/floor", label: "AES, SHA-1, base64 alone", goal: 1.3},
				{what: "open a callback, 8 KB", ours: "Open/8KB/crypto", yardstick: "Open/8KB/floor", label: "AES, SHA-1, base64 alone", goal: 1.3},
				{what: "— its allocations", ours: "Open/8KB/crypto", unit: allocs, yardstick: "Open/8KB/floor", label: "none", goal: 1},
			},
		},
		{
			name: "event", pkg: module + "/callback", bench: "^Benchmark(Decode|HandlerPOST)$", benchtime: "300ms",
			rows: []row{
				{what: "open, parse, dispatch a suite_ticket", ours: "Decode/400B/callback", yardstick: "Decode/400B/floor", label: "hand-written scanner", goal: 2},
				{what: "— the same", ours: "Decode/400B/callback", yardstick: "Decode/400B/encoding-xml", label: "encoding/xml", goal: 6, least: true},
				{what: "open, parse, dispatch a text of 8 KB", ours: "Decode/8KB/callback", yardstick: "Decode/8KB/floor", label: "hand-written scanner", goal: 2},
				{what: "— the same", ours: "Decode/8KB/callback", yardstick: "Decode/8KB/encoding-xml", label: "encoding/xml", goal: 6, least: true},
				{what: "whole POST, suite_ticket", ours: "HandlerPOST/400B", yardstick: "Decode/400B/floor", label: "hand-written, no HTTP", goal: 2},
				{what: "whole POST, text of 8 KB", ours: "HandlerPOST/8KB", yardstick: "Decode/8KB/floor", label: "hand-written, no HTTP", goal: 2},
			},
		},
		{
			name: "token", pkg: module + "/bench", bench: "^BenchmarkTokenHit$", benchtime: "300ms",
			rows: []row{
				{what: "a token in memory, one caller", ours: "TokenHit/serial/wecom", yardstick: "TokenHit/serial/floor", label: "atomic load and a clock", goal: 1.2},
				{what: "a token in memory, all processors", ours: "TokenHit/parallel/wecom", yardstick: "TokenHit/parallel/floor", label: "atomic load and a clock", goal: 1.2},
				{what: "— the same", ours: "TokenHit/parallel/wecom", yardstick: "TokenHit/parallel/oauth2", label: "oauth2.ReuseTokenSource"},
			},
		},
		{
			name: "call", pkg: module + "/bench", bench: "^BenchmarkCall$", benchtime: "2s",
			rows: []row{
				{what: "an API call, 2 KB reply", ours: "Call/wecom", yardstick: "Call/floor", label: "net/http, encoding/json", goal: 1.1},
				{what: "— the same", ours: "Call/wecom", yardstick: "Call/resty", label: "plain resty"},
				{what: "— its allocations", ours: "Call/wecom", unit: allocs, yardstick: "Call/floor", label: "net/http, encoding/json", goal: 1.15},
			},
		},
		{
			name: "cold", pkg: module + "/bench", bench: "^BenchmarkColdKey$", benchtime: "40x",
			rows: []row{
				{what: "200 callers, cold token, 50 ms endpoint: fetches", ours: "ColdKey/wecom", unit: "calls/round", goal: 1},
				{what: "— the 99th of 100 waits", ours: "ColdKey/wecom", unit: "p99-ms", goal: 53},
				{what: "— one caller of that endpoint, net/http alone: the 99th of 100", ours: "ColdKey/floor", unit: "p99-ms"},
			},
		},
		{
			name: "corps", pkg: module + "/bench", bench: "^BenchmarkMillionCorps$", benchtime: "1x",
			rows: []row{
				{what: "memory per corp, a million of them", ours: "MillionCorps", unit: "B/corp"},
				{what: "— the 999th of 1000 writes meanwhile", ours: "MillionCorps", unit: "p99.9-µs/write"},
			},
		},
		{
			name: "migrate", pkg: module + "/register", bench: "^BenchmarkMigrate$/^people=20000$", benchtime: "1x",
			rows: []row{
				{what: "20,000 people migrated, call by call (simulated platform included)", ours: "Migrate/people=20000/one_by_one"},
				{what: "— its calls", ours: "Migrate/people=20000/one_by_one", unit: "calls/op"},
				{what: "20,000 people migrated, by import files", ours: "Migrate/people=20000/by_files"},
				{what: "— its calls", ours: "Migrate/people=20000/by_files", unit: "calls/op"},
			},
		},
		{
			name: "simulator", pkg: module + "/wecomtest", bench: "^BenchmarkCreateUsers$/^people=20000$", benchtime: "1x",
			rows: []row{
				{what: "simulator: calls a second, filling a contact list of 20,000", ours: "CreateUsers/people=20000", unit: "calls/s"},
			},
		},
		{
			name: "fleet", pkg: module + "/store/redisstore", bench: "^BenchmarkFleet$", benchtime: "1x", needs: "WECOM_TEST_REDIS",
			rows: []row{
				{what: "8 processes × 200 callers × 500 cold corps: fetches per corp", ours: "Fleet", unit: "fetches/corp", goal: 1},
				{what: "— half of the waits", ours: "Fleet", unit: "p50-ms"},
				{what: "— the 99th of 100 waits", ours: "Fleet", unit: "p99-ms"},
			},
		},
	}
}
