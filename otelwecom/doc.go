// Package otelwecom turns what a [wecom.Client] does into OpenTelemetry metrics
// and spans:
//
//	opts, err := otelwecom.Options(otelwecom.Config{
//		MeterProvider:  otel.GetMeterProvider(),
//		TracerProvider: otel.GetTracerProvider(),
//	})
//	api, err := wecom.New(append(opts, wecom.WithTokenCache(cache))...)
//
// It is a module of its own, so that only those who import it have OpenTelemetry
// in their go.mod. It starts nothing and keeps nothing; the providers are the
// caller's to set up and to shut down.
//
// # Metrics
//
//	wecom.call.duration        histogram, s   one attempt of a call
//	wecom.token.step.duration  histogram, s   one step on the way to a token
//	wecom.token.refusals       counter        reject: the platform refused the token in use;
//	                                          refuse: a caller was refused without a call
//
// The count of a histogram is the number of calls or steps: fetches are the count
// of wecom.token.step.duration with wecom.token.event = fetch. A token that is in
// memory takes no step and is not counted.
//
// # Attributes
//
// All have few values, whatever the number of corps:
//
//	url.template               path of the call, such as /cgi-bin/message/send
//	http.response.status_code  absent when no reply came
//	error.type                 absent on success; see below
//	wecom.token.event          hit, miss, stale, lock, fetch, save, wait, drop, reject, refuse
//	wecom.token.kind           suite/token, suite/corp/token, provider/token …; see [wecom.TokenInfo]
//
// error.type is the class of the errcode ([wecom.Class], such as rate_limit); for
// a refusal without errcode the HTTP status; else no_reply, no_ticket, timeout,
// canceled or _OTHER. Calls through [wecom.Client.Do] with ids in the path would
// each be a url.template of their own; no endpoint of WeCom has such a path.
//
// # Spans
//
// Each attempt of a call is a span of kind client, named by its path, with the
// attributes above and wecom.errcode, http.request.body.size,
// http.response.body.size and, after the first, http.request.resend_count. Each
// step on the way to a token is a span "wecom token fetch" and so on; refusals
// are events of the caller's span. The parent is the span of the context that the
// call was made with; a refresh that many callers wait for belongs to the first.
// Spans are made when a call has ended, with the times that it took: what a
// transport of your own does in between is not below them.
//
// # Secrets
//
// No attribute, event or status holds a token, a ticket, a code, a corp id, an
// address or the text of an error. Instrumentation for net/http is another
// matter: it records the whole address, and WeCom takes tokens in the query. Do
// not put it on the client's transport.
package otelwecom
