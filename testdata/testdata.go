// Package testdata embeds the contract table: every endpoint, event and return
// code of the platform that the project knows, with examples. The YAML files are
// the single source; see the comments at the head of each.
//
// It is for tests, for the simulator and for command-line tools. Packages that a
// vendor links into a backend must not import it.
package testdata

import "embed"

// Files holds api/*.yaml, events/*.yaml, errors.yaml and crypto-vectors.json.
//
//go:embed api/*.yaml api/*.json events/*.yaml errors.yaml crypto-vectors.json
var Files embed.FS
