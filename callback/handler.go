package callback

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/wecom-isv/wecom/crypto"
)

// Handler receives the callbacks of WeCom at one URL. It is an [http.Handler]
// for GET, by which WeCom verifies the URL (验证URL有效性), and POST, by which it
// delivers events. Mount it under any path; query parameters other than WeCom's
// four are ignored. It is safe for concurrent use.
//
// Each POST goes through these steps, and the first that fails answers: method (405),
// size (413), signature (403), decryption (400), age, receiver and path (403), form
// of the message (400), then [Mux.Dispatch] or the [Queue]; 500 when a handler
// failed, 503 when the queue did not take the event. WeCom tries three times at
// most, and may not repeat after a completed answer, whatever its status: a handler
// that fails before the answer keeps its own record, or hands events to a durable
// queue. These answers never say more than the status.
//
// An event that has been dealt with, or is in the queue, is answered with status
// 200 and the reply of its handler (see [Answer]). Without one the answer is empty
// for messages in app form at data URLs and URLs of apps, and success for all
// others, which the command URL demands (unknown: whether the system-event URL
// does). Envelopes and messages may be XML or JSON at every URL (unknown: whether
// callback_format=json works on suite URLs), and a reply has the form of what it
// answers; for JSON that is the XML with the same names, arrays for repeated
// elements (unknown: WeCom documents the envelope only).
//
// The context of an event handler has the values of the request's and a
// deadline of its own (Config.Timeout). It does not end when WeCom closes the
// connection, nor when the server shuts down: work left half done because the peer
// gave up would be done again by the repetition, from a state that nobody expects.
//
// Set ReadTimeout and ReadHeaderTimeout of the [http.Server]: the handler reads
// the body before it knows who sent it.
type Handler struct {
	mux     *Mux
	apps    []*app
	maxBody int64
}

// NewHandler returns the handler of one callback URL. The error names what is
// wrong in cfg, without the Token or the key.
func NewHandler(cfg Config, mux *Mux) (*Handler, error) {
	return NewMultiHandler(mux, cfg)
}

// NewMultiHandler returns the handler of one callback URL that several apps
// share, each with its own Token, key and receivers. (Apps with a path each need
// only a [NewHandler] each.)
//
// The app of a request is the one whose Token made the signature, so each config
// needs Tokens of its own, OldKeys included. The ToUserName of the outer envelope,
// which nobody has signed, must be an id of that app or of the provider, and the
// opened message must be for that app. Two configs may have the same receivers.
//
// With one config ToUserName is not looked at.
func NewMultiHandler(mux *Mux, cfgs ...Config) (*Handler, error) {
	if mux == nil {
		return nil, errors.New("callback: nil Mux")
	}
	if len(cfgs) == 0 {
		return nil, errors.New("callback: no Config")
	}
	h := &Handler{mux: mux}
	owners := make(map[string]int) // of the Tokens
	for i, cfg := range cfgs {
		a, err := newApp(cfg)
		for _, old := range append([]OldKey{{Token: cfg.Token}}, cfg.OldKeys...) {
			owner, taken := owners[old.Token]
			if err == nil && taken && owner != i && old.Token != "" {
				err = errors.New("its Token is that of another config")
			}
			owners[old.Token] = i
		}
		if err != nil {
			return nil, fmt.Errorf("callback: config %d of %d: %w", i+1, len(cfgs), err)
		}
		h.apps = append(h.apps, a)
		h.maxBody = max(h.maxBody, a.maxBody)
	}
	return h, nil
}

// ServeHTTP handles one request of WeCom's.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(h.apps) == 0 { // not made by NewHandler
		answer(w, http.StatusInternalServerError)
		return
	}
	switch r.Method {
	case http.MethodGet:
		h.serveVerification(w, r)
	case http.MethodPost:
		h.serveEvent(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		answer(w, http.StatusMethodNotAllowed)
	}
}

// serveVerification answers with the decrypted echo text.
func (h *Handler) serveVerification(w http.ResponseWriter, r *http.Request) {
	q := parseQuery(r.URL.RawQuery)
	// Some proxies decode "%2B" and forward "+", which decodes to a blank; base64
	// has none of its own.
	sealed := q.sealed([]byte(strings.ReplaceAll(q.echo, " ", "+")))
	a, err := pick(h.apps, sealed)
	if err != nil {
		h.reject(w, r, h.apps[0], err)
		return
	}
	_, msg, err := a.open(nil, sealed, a.verifies)
	if err != nil {
		h.reject(w, r, a, err)
		return
	}
	// A recorded delivery has a valid signature as an echo text too: it must not be
	// decrypted for whoever replays it.
	if echo := bytes.TrimLeft(msg.Body, "\ufeff \t\r\n"); len(echo) > 0 && (echo[0] == '<' || echo[0] == '{') {
		h.reject(w, r, a, errEcho)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(msg.Body)
}

// serveEvent opens, parses and hands on one delivery.
func (h *Handler) serveEvent(w http.ResponseWriter, r *http.Request) {
	in, err := h.open(r)
	if err != nil {
		if in.app == nil {
			in.app = h.apps[0]
		}
		h.reject(w, r, in.app, err)
		return
	}
	ctx := withDeadline(r.Context(), in.app.deadline(in.env.Kind))
	defer ctx.finish()
	reply, status := h.handOn(ctx, &in) //nolint:contextcheck // It has the values of the request's context, but not its end.
	if status != http.StatusOK {
		answer(w, status)
		return
	}
	switch {
	case len(reply) > 0 && reply[0] == '{':
		w.Header()["Content-Type"] = jsonText
		_, _ = w.Write(reply)
	case len(reply) > 0:
		w.Header()["Content-Type"] = xmlText
		_, _ = w.Write(reply)
	case in.app.takesNothing(&in.env):
		w.WriteHeader(http.StatusOK)
	default:
		w.Header()["Content-Type"] = plainText
		_, _ = w.Write(success)
	}
}

// handOn gives the event to the queue or its handler, and returns the body that
// carries the reply, if there is one.
func (h *Handler) handOn(ctx context.Context, in *incoming) (reply []byte, status int) {
	a, status, err := in.app, http.StatusInternalServerError, error(nil)
	if a.queue != nil && !h.mux.runsBeforeAnswer(&in.env) {
		status, err = http.StatusServiceUnavailable, a.queue.Enqueue(ctx, in.env)
	} else {
		reply, err = h.mux.dispatch(ctx, &in.env, &in.sealer)
	}
	if err != nil {
		logFailure(ctx, a.logger, in.env.Kind, err)
		return nil, status
	}
	return reply, http.StatusOK
}

// incoming is a delivery that has been opened.
type incoming struct {
	app    *app // as soon as it is known, also with an error
	env    Envelope
	sealer sealer // for the reply
}

// open reads, verifies, decrypts and parses the body of r.
func (h *Handler) open(r *http.Request) (in incoming, err error) {
	q := parseQuery(r.URL.RawQuery)
	if len(q.signature) != signatureLen { // not worth reading the body
		return in, crypto.ErrSignature
	}
	buf := pool.Get().(*buffers)
	defer buf.free()
	body, err := readBody(buf.body[:0], r, h.maxBody)
	buf.body = body
	if err != nil {
		return in, err
	}
	outer, err := crypto.ParseEnvelope(body)
	if err != nil {
		return in, err
	}
	sealed := q.sealed(outer.Encrypt)
	a, err := h.choose(outer.ToUserName, r, sealed)
	if err != nil {
		return in, err
	}
	in.app = a
	if int64(len(body)) > a.maxBody {
		return in, ErrBodyTooLarge
	}
	buf.plain = slices.Grow(buf.plain[:0], base64.StdEncoding.DecodedLen(len(sealed.Encrypt)))
	codec, msg, err := a.open(buf.plain, sealed, a.opens)
	if err != nil {
		return in, err
	}
	in.sealer = sealer{codec: codec, json: outer.JSON}
	if in.env, err = Parse(bytes.Clone(msg.Body), a.intern(msg.Receiver)); err != nil {
		return in, err
	}
	in.env.App = a.name
	return in, a.admits(&in.env, a.corpOf(r))
}

// choose returns the app that a delivery belongs to.
func (h *Handler) choose(toUserName string, r *http.Request, sealed crypto.Sealed) (*app, error) {
	if len(h.apps) == 1 {
		return h.apps[0], nil
	}
	// Each Token has one owner, so the signature names the app. Nobody is asked
	// about an id before it is known who sent it.
	a, err := pick(h.apps, sealed)
	if err != nil {
		return nil, err
	}
	if !a.individual && a.claims(toUserName, a.corpOf(r)) == noClaim {
		return nil, ErrUnknownApp
	}
	return a, nil
}

// pick returns the app whose Token made the signature. If there is only one app,
// the check is left to open.
func pick(apps []*app, sealed crypto.Sealed) (*app, error) {
	switch len(apps) {
	case 0:
		return nil, ErrUnknownApp
	case 1:
		return apps[0], nil
	}
	for _, a := range apps {
		if a.verify(sealed) {
			return a, nil
		}
	}
	return nil, crypto.ErrSignature
}

// reject answers a request that is not from WeCom, or that cannot be read.
func (h *Handler) reject(w http.ResponseWriter, r *http.Request, a *app, err error) {
	if a.onReject != nil {
		a.onReject(r, err)
	}
	status, level, reason := classify(err)
	a.logger.LogAttrs(r.Context(), level, "callback: request refused",
		slog.String("reason", reason), slog.String("method", r.Method), slog.Int("status", status))
	if status == http.StatusRequestEntityTooLarge {
		w.Header().Set("Connection", "close")
	}
	answer(w, status)
}

// classify returns the status and the log level for an error of open, and a reason
// that holds nothing of the request.
func classify(err error) (status int, level slog.Level, reason string) {
	switch {
	case errors.Is(err, ErrBodyTooLarge):
		return http.StatusRequestEntityTooLarge, slog.LevelDebug, "body too large"
	case errors.Is(err, ErrUnknownApp):
		return http.StatusForbidden, slog.LevelDebug, "no app for this ToUserName"
	case errors.Is(err, crypto.ErrSignature):
		return http.StatusForbidden, slog.LevelDebug, "signature missing or wrong"
	case errors.Is(err, errEcho):
		return http.StatusForbidden, slog.LevelWarn, "a recorded event came as the echo text of a verification"
	case errors.Is(err, crypto.ErrEnvelope):
		return http.StatusBadRequest, slog.LevelDebug, "body is no envelope"
	case errors.Is(err, crypto.ErrReceiver):
		return http.StatusForbidden, slog.LevelWarn, "message is for another receiver: check Receivers, VerifyReceivers"
	case errors.Is(err, ErrPath):
		return http.StatusForbidden, slog.LevelWarn, "corp id in the path is not that of the message: check the pattern, CorpPath, SameCorp"
	case errors.Is(err, ErrReplay):
		return http.StatusForbidden, slog.LevelWarn, "timestamp is outside of the replay window: check the clock, ReplayWindow"
	case errors.Is(err, crypto.ErrBase64), errors.Is(err, crypto.ErrCiphertext),
		errors.Is(err, crypto.ErrPadding), errors.Is(err, crypto.ErrLayout):
		return http.StatusBadRequest, slog.LevelWarn, "message cannot be decrypted: check the EncodingAESKey"
	case errors.Is(err, ErrMessage):
		return http.StatusBadRequest, slog.LevelWarn, "decrypted message is neither XML nor JSON"
	}
	return http.StatusBadRequest, slog.LevelDebug, "body cannot be read"
}

var (
	success   = []byte("success")
	plainText = []string{"text/plain; charset=utf-8"}
	xmlText   = []string{"text/xml; charset=utf-8"}
	jsonText  = []string{"application/json; charset=utf-8"}
)

// answer writes a status and nothing else that could tell a stranger anything.
func answer(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }

// signatureLen is the number of hexadecimal digits of a SHA-1.
const signatureLen = 40

// query holds WeCom's parameters.
type query struct{ signature, timestamp, nonce, echo string }

func (q query) sealed(encrypt []byte) crypto.Sealed {
	return crypto.Sealed{Signature: q.signature, Timestamp: q.timestamp, Nonce: q.nonce, Encrypt: encrypt}
}

// parseQuery takes WeCom's parameters out of a raw query, the first of each name,
// and ignores all others, well formed or not.
func parseQuery(raw string) (q query) {
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		name, value, _ := strings.Cut(pair, "=")
		var dst *string
		switch name {
		case "msg_signature":
			dst = &q.signature
		case "timestamp":
			dst = &q.timestamp
		case "nonce":
			dst = &q.nonce
		case "echostr":
			dst = &q.echo
		default:
			continue
		}
		if *dst != "" {
			continue
		}
		if strings.IndexByte(value, '%') >= 0 || strings.IndexByte(value, '+') >= 0 {
			var err error
			if value, err = url.QueryUnescape(value); err != nil {
				continue
			}
		}
		*dst = value
	}
	return q
}

// buffers is the memory that one delivery is read into and opened in.
type buffers struct{ body, plain []byte }

var pool = sync.Pool{New: func() any { return &buffers{body: make([]byte, 0, 4<<10)} }}

// maxPooled is the largest buffer that is kept.
const maxPooled = 64 << 10

// free gives b back. The plaintext may hold secrets: they do not stay.
func (b *buffers) free() {
	if cap(b.body) > maxPooled {
		return
	}
	clear(b.plain[:cap(b.plain)])
	pool.Put(b)
}

// readBody reads the body of r into the memory of dst, and more if it must.
func readBody(dst []byte, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return dst, ErrBodyTooLarge
	}
	if r.Body == nil { // not from a server
		return dst, nil
	}
	// One byte more than announced, to see the end of the body. Memory beyond
	// maxPooled is allocated only as the body arrives.
	if n := min(int(r.ContentLength)+1, maxPooled); n > cap(dst) {
		dst = make([]byte, 0, n)
	}
	for {
		n, err := r.Body.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case int64(len(dst)) > limit:
			return dst, ErrBodyTooLarge
		case errors.Is(err, io.EOF):
			return dst, nil
		case err != nil:
			return dst, err
		}
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
	}
}
