package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/page"
)

// Failure is an installation that did not come about, or not as it should have.
// Show people ID and Message, never Err.
type Failure struct {
	// ID is random; the line in the log has it too.
	ID string
	// Status is the HTTP status to answer with.
	Status int
	// Title and Message say in the language of the browser what happened and what to
	// do.
	Title, Message string
	// Retry is the address that starts again, "" if it is not known.
	Retry string
	// Auth is the authorisation that came with a state which has expired, was used
	// before, is of another browser, or could not be checked because the store of used
	// states failed. It is kept and announced, but must not be tied to this browser.
	// Else nil.
	Auth *Authorization
	// Err is the cause: [ErrInstallRefused], [ErrNoAuthCode], an sso.ErrState,
	// [wecom.ErrCodeRejected], an [*UnsavedCodeError], or what Authorized returned.
	Err error
}

// fail logs and answers. auth is what was kept all the same, or nil.
func (h *installer) fail(w http.ResponseWriter, r *http.Request, auth *Authorization, err error) {
	say, lang := explainInstall(auth, err), page.LangOf(r)
	f := Failure{
		ID:     page.Log(r.Context(), h.cfg.Logger, "suite: installation failed", h.op, say.Status, err),
		Status: say.Status, Message: say.Text.In(lang), Title: say.Title.In(lang),
		Auth: auth, Err: err,
	}
	if auth == nil {
		f.Retry = h.cfg.InstallPath
	}
	h.cfg.Failed(w, r, f)
}

// showInstall is the default of InstallConfig.Page.
func showInstall(w http.ResponseWriter, r *http.Request, link InstallLink) {
	lang := page.LangOf(r)
	minutes := max(1, int(time.Until(link.ExpiresAt).Minutes()))
	page.Message{
		Title: page.Text{Chinese: "安装应用", English: "Install the app"}.In(lang),
		Text: page.Text{
			Chinese: fmt.Sprintf("请由企业微信管理员点击下面的按钮，确认授权。链接 %d 分钟内有效。", minutes),
			English: fmt.Sprintf("An administrator of your company in WeCom opens the link and agrees. It works for %d minutes.", minutes),
		}.In(lang),
		Links: []page.Link{{URL: link.URL, Text: page.Text{Chinese: "前往企业微信安装", English: "Install in WeCom"}.In(lang)}},
	}.Write(w, r)
}

// showInstalled is the default of InstallConfig.Installed.
func showInstalled(w http.ResponseWriter, r *http.Request, auth *Authorization, next string) {
	lang := page.LangOf(r)
	page.Message{
		Title: page.Text{Chinese: "安装完成", English: "Installed"}.In(lang),
		Text:  page.Text{Chinese: "应用已安装到企业：", English: "The app is installed in: "}.In(lang) + auth.CorpInfo.CorpName,
		Links: []page.Link{{URL: next, Text: page.Text{Chinese: "继续", English: "Continue"}.In(lang)}},
	}.Write(w, r)
}

// showFailure is the default of InstallConfig.Failed.
func showFailure(w http.ResponseWriter, r *http.Request, f Failure) {
	m := page.Message{Status: f.Status, Title: f.Title, Text: f.Message, ID: f.ID}
	if f.Retry != "" {
		text := page.Text{Chinese: "重新安装", English: "Start again"}
		m.Links = []page.Link{{URL: f.Retry, Text: text.In(page.LangOf(r))}}
	}
	m.Write(w, r)
}

// explainInstall says what people need to know of err. auth is what was kept all
// the same, or nil.
func explainInstall(auth *Authorization, err error) page.Explanation {
	if auth != nil {
		status := http.StatusForbidden
		if !errors.Is(err, page.ErrState) { // the store of used states failed
			status = http.StatusInternalServerError
		}
		return page.Explanation{
			Status: status,
			Title:  page.Text{Chinese: "安装完成，请登录", English: "Installed: please sign in"},
			Text: page.Text{
				Chinese: "应用已经安装。为了安全，此页面只在发起安装的浏览器中有效一次，请登录后继续。",
				English: "The app is installed. For your safety this page works only once, in the browser that began: please sign in to go on.",
			},
		}
	}
	failed := page.Text{Chinese: "安装未完成", English: "The app is not installed"}
	return page.Explain(err, []page.Explanation{
		{
			Of:     []error{page.ErrNext},
			Status: http.StatusBadRequest,
			Title:  failed,
			Text: page.Text{
				Chinese: "链接有误：安装后要打开的地址不属于本站。",
				English: "The link is wrong: it leads to a place that is not on this site.",
			},
		},
		{
			Of:     []error{page.ErrStateReplayed},
			Status: http.StatusForbidden,
			Title:  page.Text{Chinese: "本次安装已经完成", English: "This installation is over"},
			Text: page.Text{
				Chinese: "此页面只能使用一次。应用如已安装，直接登录即可。",
				English: "This page works only once. If the app is installed, just sign in.",
			},
		},
		{
			Of:     []error{page.ErrState},
			Status: http.StatusForbidden,
			Title:  failed,
			Text: page.Text{
				Chinese: "为了安全，安装须在发起安装的浏览器中完成。请在本浏览器中重新安装，并允许本站使用 Cookie。",
				English: "For your safety an installation ends only in the browser in which it began. Please start again in this one, and let this site use cookies.",
			},
		},
		{
			Of:     []error{ErrInstallRefused},
			Status: http.StatusForbidden,
			Title:  page.Text{Chinese: "已取消安装", English: "Installation cancelled"},
			Text: page.Text{
				Chinese: "管理员没有同意授权。如需继续，请重新安装。",
				English: "The administrator did not agree. Start again if you want to go on.",
			},
		},
		{
			Of:     []error{wecom.ErrCodeRejected},
			Status: http.StatusForbidden,
			Title:  failed,
			Text: page.Text{
				Chinese: "授权凭证已经使用或过期。应用如已出现在企业微信管理后台，直接登录即可；否则请重新安装。",
				English: "The authorisation was used before or is too old. If the app is in your WeCom console, just sign in; else please start again.",
			},
		},
		{
			Of:     []error{ErrNoAuthCode},
			Status: http.StatusBadRequest,
			Title:  failed,
			Text: page.Text{
				Chinese: "请求有误：没有可用的授权凭证。请从头开始安装。",
				English: "The request is not one of the install page. Please start again.",
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
				Chinese: "服务暂时不可用，请稍后再试。",
				English: "The service is not available right now. Please try again in a moment.",
			},
		},
		{
			Status: http.StatusInternalServerError,
			Title:  failed,
			Text: page.Text{
				Chinese: "安装时出现问题。请把下面的编号告诉我们。",
				English: "Something went wrong. Please tell us the reference below.",
			},
		},
	})
}
