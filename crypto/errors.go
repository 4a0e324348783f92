package crypto

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What can go wrong. Errors of this package wrap one of these: compare with
// [errors.Is]. The number is the code of the official libraries, see [OfficialCode].
var (
	// ErrToken is a Token that is not 1 to 32 ASCII letters and digits.
	ErrToken = errors.New("crypto: bad Token")
	// ErrKey is an EncodingAESKey that is not 43 ASCII letters and digits (-40004).
	ErrKey = errors.New("crypto: bad EncodingAESKey")
	// ErrSignature is a msg_signature that is missing or does not match (-40001).
	ErrSignature = errors.New("crypto: signature does not match")
	// ErrBase64 is an Encrypt text that is not base64 (-40010).
	ErrBase64 = errors.New("crypto: encrypted text is not base64")
	// ErrCiphertext is a cipher text that is empty or not a multiple of 16 bytes (-40007).
	ErrCiphertext = errors.New("crypto: cipher text is empty or not made of whole blocks")
	// ErrPadding is a decrypted text without a valid padding of 1 to 32 bytes,
	// most often the sign of another EncodingAESKey (-40007).
	ErrPadding = errors.New("crypto: bad padding after decryption")
	// ErrLayout is a decrypted text that is too short, or whose length field
	// points past its end (-40008).
	ErrLayout = errors.New("crypto: bad layout after decryption")
	// ErrReceiver is a message for somebody else; the error is a [*ReceiverError] (-40005).
	ErrReceiver = errors.New("crypto: message is for another receiver")
	// ErrReceiverID is an id that cannot stand in a set of receivers: see [NewReceivers].
	ErrReceiverID = errors.New("crypto: bad receiver id")
	// ErrEnvelope is a body that is no XML or JSON envelope with an Encrypt field,
	// or is larger than [MaxEnvelope] (-40002).
	ErrEnvelope = errors.New("crypto: body is not a callback envelope")
	// ErrReply is a reply that cannot be sealed: see [Codec.Seal] (-40011).
	ErrReply = errors.New("crypto: cannot seal this reply")
)

// OfficialCode returns the code that the official libraries give for err: -40001
// for a signature, -40005 for a receiver and so on. It returns 0 for nil and for
// an error that has no official code. The codes never travel on the wire; they
// are what the official pages and forum answers speak of.
func OfficialCode(err error) int {
	for _, e := range []struct {
		err  error
		code int
	}{
		{ErrSignature, -40001},
		{ErrEnvelope, -40002},
		{ErrKey, -40004},
		{ErrReceiver, -40005},
		{ErrCiphertext, -40007},
		{ErrPadding, -40007},
		{ErrLayout, -40008},
		{ErrBase64, -40010},
		{ErrReply, -40011},
	} {
		if errors.Is(err, e.err) {
			return e.code
		}
	}
	return 0
}

// ReceiverError is a message that was sealed for an id which is not among the
// allowed ones. It is an [ErrReceiver]. It holds ids only, which are no secrets.
//
// The id depends on the URL and the method: WeCom verifies a URL (GET) with the
// provider's own corp id, delivers suite events with the suite or template id,
// and data or app events with the corp id of the authorising corp.
type ReceiverError struct {
	// Got is the id inside the message, "" for an app of an individual subject.
	// It is cut after 64 bytes.
	Got string
	// Allowed are the ids that would have been accepted, sorted.
	Allowed []string
	// Individual says that the empty id would have been accepted.
	Individual bool
	// Resolver says that a resolver was there; it refused Got, or Got was empty.
	Resolver bool
}

// maxShownIDs limits the ids in the text of an error.
const maxShownIDs = 8

// Error names the received id and the allowed ones with their kinds.
func (e *ReceiverError) Error() string {
	allowed := make([]string, 0, len(e.Allowed)+2)
	for i, id := range e.Allowed {
		if i == maxShownIDs {
			allowed = append(allowed, fmt.Sprintf("%d more", len(e.Allowed)-i))
			break
		}
		allowed = append(allowed, describeID(id))
	}
	if e.Individual {
		allowed = append(allowed, describeID(""))
	}
	if e.Resolver {
		allowed = append(allowed, "what the resolver accepts")
	}
	if len(allowed) == 0 {
		allowed = append(allowed, "nobody")
	}
	return ErrReceiver.Error() + ": got " + describeID(e.Got) + ", allowed: " + strings.Join(allowed, ", ")
}

// Unwrap returns [ErrReceiver].
func (*ReceiverError) Unwrap() error { return ErrReceiver }

// describeID quotes an id and says what its form tells about it. A corp id and
// the id of a suite share the prefixes ww and wx.
func describeID(id string) string {
	if id == "" {
		return "the empty id (app of an individual subject)"
	}
	kind := "id of another form"
	switch id[:min(2, len(id))] {
	case "ww", "wx":
		kind = "corp or suite id"
	case "wp":
		kind = "encrypted corp id"
	case "dk":
		kind = "customised-app template id"
	case "tj":
		kind = "suite id"
	}
	return strconv.QuoteToASCII(id) + " (" + kind + ")"
}
