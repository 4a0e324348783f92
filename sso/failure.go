package sso

import (
	"context"
	"errors"
	"net/http"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/page"
	"github.com/wecom-isv/wecom/suite"
)

// Failure is a sign-in that failed. Show people ID and Message, never Err.
type Failure struct {
	// ID is random; the line in the log has it too.
	ID string
	// Status is the HTTP status to answer with.
	Status int
	// Title and Message say in the language of the browser what happened and what to
	// do.
	Title, Message string
	// Tenant is whose entry it was; see HandlerConfig.EntryOf.
	Tenant string
	// Next is the path on this site that the person wanted to see; "" unless it is
	// certain that they asked for it in this browser.
	Next string
	// Retry is the address that starts again, "" if it is not known.
	Retry string
	// Err is the cause: [ErrRefused], one of the ErrState errors, [ErrNoEntry],
	// [ErrOutsideClient], [wecom.ErrCodeRejected], or what SignIn returned.
	Err error
}

// fail logs and answers.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, e errand, err error) {
	say, lang := explain(err), page.LangOf(r)
	h.cfg.Failed(w, r, Failure{
		ID:     page.Log(r.Context(), h.cfg.Logger, "sso: sign-in failed", h.op, say.Status, err),
		Status: say.Status, Message: say.Text.In(lang), Title: say.Title.In(lang),
		Tenant: e.tenant, Next: e.next, Retry: h.retry(e, err), Err: err,
	})
}

// showFailure is the default of HandlerConfig.Failed.
func showFailure(w http.ResponseWriter, r *http.Request, f Failure) {
	m := page.Message{Status: f.Status, Title: f.Title, Text: f.Message, ID: f.ID}
	lang := page.LangOf(r)
	if f.Next != "" && errors.Is(f.Err, ErrStateReplayed) {
		m.Links = append(m.Links, page.Link{URL: f.Next, Text: page.Text{Chinese: "继续", English: "Continue"}.In(lang)})
	}
	if f.Retry != "" {
		m.Links = append(m.Links, page.Link{URL: f.Retry, Text: page.Text{Chinese: "重新登录", English: "Sign in again"}.In(lang)})
	}
	m.Write(w, r)
}

// explain says what people need to know of err.
func explain(err error) page.Explanation {
	failed := page.Text{Chinese: "登录未完成", English: "You are not signed in"}
	return page.Explain(err, []page.Explanation{
		{
			Of:     []error{page.ErrNext},
			Status: http.StatusBadRequest,
			Title:  failed,
			Text: page.Text{
				Chinese: "链接有误：登录后要打开的地址不属于本站。",
				English: "The link is wrong: it leads to a place that is not on this site.",
			},
		},
		{
			Of:     []error{page.ErrRequest},
			Status: http.StatusBadRequest,
			Title:  failed,
			Text: page.Text{
				Chinese: "请求有误：没有可用的登录凭证。请从头开始登录。",
				English: "The request is not one of a sign-in page. Please start again.",
			},
		},
		{
			Of:     []error{ErrRefused},
			Status: http.StatusForbidden,
			Title:  page.Text{Chinese: "已取消登录", English: "Sign-in cancelled"},
			Text: page.Text{
				Chinese: "您没有同意登录。如需继续，请重新登录。",
				English: "You did not agree to sign in. Start again if you want to go on.",
			},
		},
		{
			Of:     []error{ErrStateReplayed},
			Status: http.StatusForbidden,
			Title:  page.Text{Chinese: "本次登录已经完成", English: "This sign-in is over"},
			Text: page.Text{
				Chinese: "此页面只能使用一次。您可以继续访问，或重新登录。",
				English: "This page works only once. Go on, or sign in again.",
			},
		},
		{
			Of:     []error{ErrStateExpired},
			Status: http.StatusForbidden,
			Title:  failed,
			Text: page.Text{
				Chinese: "登录等待时间过长，已经失效。请重新登录。",
				English: "Signing in took too long. Please start again.",
			},
		},
		{
			Of:     []error{ErrState},
			Status: http.StatusForbidden,
			Title:  failed,
			Text: page.Text{
				Chinese: "为了您的账号安全，只能在发起登录的浏览器中完成登录。请在本浏览器中重新登录，并允许本站使用 Cookie。",
				English: "For your safety a sign-in ends only in the browser in which it began. Please start again in this one, and let this site use cookies.",
			},
		},
		{
			Of:     []error{ErrOutsideClient},
			Status: http.StatusForbidden,
			Title:  page.Text{Chinese: "请在企业微信中打开", English: "Please open this in WeCom"},
			Text: page.Text{
				Chinese: "此应用只能在企业微信客户端中使用。",
				English: "This app works only inside the WeCom client.",
			},
		},
		{
			Of:     []error{ErrNoEntry},
			Status: http.StatusNotFound,
			Title:  failed,
			Text: page.Text{
				Chinese: "没有找到对应的登录入口，请检查链接。",
				English: "There is nothing to sign in to here. Please check the link.",
			},
		},
		{
			Of:     []error{suite.ErrNoCode, wecom.ErrNotAuthorized},
			Status: http.StatusForbidden,
			Title:  failed,
			Text: page.Text{
				Chinese: "您的企业尚未安装此应用，或已经停用。请联系企业管理员。",
				English: "Your company has not installed this app, or has disabled it. Please ask its administrator.",
			},
		},
		{
			Of:     []error{wecom.ErrCodeRejected},
			Status: http.StatusForbidden,
			Title:  failed,
			Text: page.Text{
				Chinese: "登录凭证已经使用或过期。请重新登录。",
				English: "What the sign-in page gave was used before or is too old. Please start again.",
			},
		},
		{
			Of: []error{
				wecom.ErrTransient, wecom.ErrNoReply, wecom.ErrRateLimited,
				wecom.ErrNoTicket, wecom.ErrTicketRejected, context.DeadlineExceeded, context.Canceled,
			},
			Status: http.StatusServiceUnavailable,
			Title:  failed,
			Text: page.Text{
				Chinese: "服务暂时不可用，请稍后重新登录。",
				English: "The service is not available right now. Please start again in a moment.",
			},
		},
		{
			Status: http.StatusInternalServerError,
			Title:  failed,
			Text: page.Text{
				Chinese: "登录时出现问题。如果再次发生，请把下面的编号告诉我们。",
				English: "Something went wrong. If it happens again, please tell us the reference below.",
			},
		},
	})
}
