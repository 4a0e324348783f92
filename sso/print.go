package sso

import (
	"fmt"
	"io"
)

// Format prints whose app it is, with every verb.
func (a *App) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "sso.App(%s)", a.suite.ID()) }

// Format prints whose app it is, with every verb.
func (a *CorpApp) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "sso.CorpApp(%s)", a.corp.ID()) }

// Format prints whose login it is, with every verb.
func (p *ProviderLogin) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "sso.ProviderLogin(%s)", p.provider.CorpID())
}

// Format prints the type and nothing of its key, with every verb.
func (*States) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sso.States") }

// Format prints the type and nothing of what it holds, with every verb.
func (*MemoryUsedStates) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "sso.MemoryUsedStates")
}
