package callback_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/crypto"
)

// FuzzHandlePOST sends requests that WeCom did not sign: none may get through.
func FuzzHandlePOST(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add("msg_signature="+v.Signature+"&timestamp="+v.Timestamp+"&nonce="+v.Nonce, []byte(v.Envelope))
	}
	const q = "msg_signature=0123456789012345678901234567890123456789&timestamp=1&nonce=2"
	for _, encrypt := range []string{"", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAAA=", strings.Repeat("A", 4096)} {
		f.Add(q, []byte("<xml><ToUserName>"+suiteID+"</ToUserName><Encrypt><![CDATA["+encrypt+"]]></Encrypt></xml>"))
		f.Add(q, []byte(`{"tousername":"`+providerID+`","encrypt":"`+encrypt+`"}`))
	}
	f.Add("", []byte(nil))
	f.Add("%zz=&;&msg_signature=%41", []byte("<xml"))

	var mux callback.Mux
	mux.Fallback(func(context.Context, callback.Envelope) error { return errors.New("reached") })
	// Keys that the seeds do not have.
	other := callback.Config{Token: "fuzz", AESKey: strings.Repeat("k", 43), Receivers: []string{suiteID}, VerifyReceivers: []string{providerID}}
	second := other
	second.Token = "fuzz2"
	single := newHandler(f, other, &mux)
	multi, err := callback.NewMultiHandler(&mux, other, second)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string, body []byte) {
		for _, h := range []http.Handler{single, multi} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				r := httptest.NewRequestWithContext(t.Context(), method, "/", bytes.NewReader(body))
				r.URL.RawQuery = query
				if w := serve(h, r); w.Code != http.StatusForbidden && w.Code != http.StatusBadRequest && w.Code != http.StatusRequestEntityTooLarge {
					t.Fatalf("%s answered %d", method, w.Code)
				}
			}
		}
	})
}

// FuzzDecode sends messages that WeCom did sign: whatever they hold, the handler
// answers, and an event type that gets one keeps what it says.
func FuzzDecode(f *testing.F) {
	for _, r := range table(f) {
		f.Add([]byte(r.Example))
	}
	for _, seed := range []string{"", "AAAA", "<xml/>", "<xml><InfoType/></xml>", `{"InfoType":"create_auth","AuthCode":"x"}`, "\ufeff {}"} {
		f.Add([]byte(seed))
	}
	var mux callback.Mux
	same := func(env callback.Envelope, head callback.SuiteHead) error {
		if env.Kind != callback.Kind("suite:"+head.InfoType) || env.SuiteID != head.SuiteID {
			return errors.New("the envelope and the event disagree")
		}
		return nil
	}
	callback.On(&mux, func(_ context.Context, env callback.Envelope, ev callback.SuiteTicket) error {
		return same(env, ev.SuiteHead)
	})
	callback.On(&mux, func(_ context.Context, env callback.Envelope, ev callback.CreateAuth) error {
		return same(env, ev.SuiteHead)
	})
	callback.On(&mux, func(_ context.Context, env callback.Envelope, ev callback.ChangeAuth) error {
		return same(env, ev.SuiteHead)
	})
	callback.On(&mux, func(context.Context, callback.Envelope, callback.RegisterCorp) error { return nil })
	mux.Fallback(func(context.Context, callback.Envelope) error { return nil })
	h := newHandler(f, accountA.config(), &mux)
	codec, err := crypto.New(accountA.token, accountA.key)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		sealed, err := codec.Seal(message, suiteID, "1", "2")
		if err != nil {
			t.Skip()
		}
		body := "<xml><Encrypt>" + string(sealed.Encrypt) + "</Encrypt></xml>"
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?timestamp=1&nonce=2&msg_signature="+url.QueryEscape(sealed.Signature), strings.NewReader(body))
		if w := serve(h, r); w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
			t.Fatalf("answered %d", w.Code)
		}
	})
}

// FuzzEvents decodes messages into the type of their kind: an error says why and
// nothing more, and what the envelope and the event both hold is the same.
func FuzzEvents(f *testing.F) {
	for _, r := range table(f) {
		f.Add([]byte(r.Example))
		f.Add([]byte(readTree(f, r.Example).JSON(f)))
		for _, doc := range equalMutations(f, r) {
			if strings.Contains(doc, "]]</") {
				f.Add([]byte(doc))
				break
			}
		}
	}
	byKind := typesByKind(f)
	f.Fuzz(func(t *testing.T, message []byte) {
		env, err := callback.Parse(message, suiteID)
		if err != nil {
			if !errors.Is(err, callback.ErrMessage) {
				t.Fatal(err)
			}
			return
		}
		ev, known := byKind[env.Kind]
		if !known {
			return
		}
		v := reflect.New(reflect.TypeOf(ev))
		if err := env.Decode(v.Interface()); err != nil {
			if _, ok := errors.AsType[*callback.DecodeError](err); !ok {
				t.Fatal(err)
			}
			return
		}
		for field, want := range map[string]string{
			"SuiteID": env.SuiteID, "ServiceCorpID": env.ServiceCorpID, "AuthCorpID": env.CorpID, "ToUserName": env.CorpID, "FromUserName": env.UserID,
		} {
			got := v.Elem().FieldByName(field)
			if !got.IsValid() || field == "AuthCorpID" && got.String() == "" {
				continue
			}
			if got.String() != want {
				t.Fatalf("%s: the envelope says %q, the event %q", field, want, got.String())
			}
			if text, _ := env.Field(wireName(field)); text != want {
				t.Fatalf("%s: the envelope says %q, Field %q", field, want, text)
			}
		}
	})
}

// wireName returns how WeCom writes the name of a field.
func wireName(field string) string {
	if name, found := strings.CutSuffix(field, "ID"); found {
		return name + "Id"
	}
	return field
}
