package crypto

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxID is the longest receiver id that is compared, shown or sealed, in bytes.
// Real ids have 18 to 64.
const maxID = 128

// Receivers is the set of ids (ReceiveId) that a message may have been sealed
// for. Ids are compared exactly: encrypted corp ids (wp...) differ in case. A nil
// or zero Receivers accepts nothing, so that the check cannot be forgotten. It
// does not change once made and is safe for concurrent use.
//
// What to allow, by callback URL:
//
//   - command URL (指令回调URL): the suite id and the provider's own corp id;
//   - data URL (数据回调URL): the provider's own corp id for the verification, the
//     corp ids of the authorising corps for deliveries, see [Receivers.WithResolver];
//   - customised-app template (代开发模板): the template id and the provider's corp id;
//   - customised app: the provider's corp id and the corp id of its corp;
//   - system-event URL (系统事件接收URL): the provider's corp id;
//   - app of an individual subject: [Individual].
type Receivers struct {
	ids        map[string]struct{}
	individual bool
	resolve    func(id string) bool
}

// NewReceivers returns the set of ids. Each must be 1 to 128 bytes of printable
// ASCII without blanks, else the error is an [ErrReceiverID]: an empty id from a
// missing setting must not open the door to everybody. Without ids the set is
// empty and waits for a resolver.
func NewReceivers(ids ...string) (*Receivers, error) {
	r := &Receivers{ids: make(map[string]struct{}, len(ids))}
	for i, id := range ids {
		switch {
		case id == "":
			return nil, fmt.Errorf("%w: number %d is empty (an app of an individual subject takes Individual)", ErrReceiverID, i+1)
		case len(id) > maxID:
			return nil, fmt.Errorf("%w: number %d has %d bytes, more than %d", ErrReceiverID, i+1, len(id), maxID)
		case strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c > '~' }):
			return nil, fmt.Errorf("%w: number %d holds a blank or a character that no id has", ErrReceiverID, i+1)
		}
		r.ids[id] = struct{}{}
	}
	return r, nil
}

// Individual returns the set that accepts the empty id and nothing else: for an
// app of an individual subject (个人主体), which has no corp. No other set accepts
// the empty id.
func Individual() *Receivers { return &Receivers{individual: true} }

// WithResolver returns a copy of r that also accepts the ids for which accept
// returns true, in place of an earlier resolver. It is asked for ids that are not
// in the set, never for the empty one: for corps that authorise while the
// process runs, and for deliveries that carry the plain corp id (ww...) where the
// API gave the encrypted one (wp...). It must answer fast, without a call to the
// API, and be safe for concurrent use.
func (r *Receivers) WithResolver(accept func(id string) bool) *Receivers {
	if r == nil {
		return &Receivers{resolve: accept}
	}
	c := *r
	c.resolve = accept
	return &c
}

// Accepts reports whether a message for id may be opened.
func (r *Receivers) Accepts(id string) bool { return r.check([]byte(id)) == nil }

// String lists the ids of the set.
func (r *Receivers) String() string {
	if r == nil {
		return "[]"
	}
	return fmt.Sprint(slices.Sorted(maps.Keys(r.ids)))
}

// check returns a [*ReceiverError] unless id is accepted.
func (r *Receivers) check(id []byte) error {
	if r == nil {
		return &ReceiverError{Got: shortID(id)}
	}
	if len(id) == 0 {
		if r.individual {
			return nil
		}
	} else if len(id) <= maxID {
		if _, ok := r.ids[string(id)]; ok {
			return nil
		}
		if r.resolve != nil && r.resolve(string(id)) {
			return nil
		}
	}
	return &ReceiverError{
		Got:        shortID(id),
		Allowed:    slices.Sorted(maps.Keys(r.ids)),
		Individual: r.individual,
		Resolver:   r.resolve != nil,
	}
}

// shortID returns at most 64 bytes of an id that came from outside.
func shortID(id []byte) string { return string(id[:min(len(id), 64)]) }
