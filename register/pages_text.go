package register

import "github.com/wecom-isv/wecom/internal/browser"

// problem is why a page is refused, as the person needs to know it.
type problem int

const (
	problemTicket problem = iota // the page is not this browser's
	problemLater                 // try again
)

// texts are what the built-in page says.
type texts struct {
	Title, Intro, Button        string
	Waiting, WaitingHint        string
	Again, Check                string
	Registered, RegisteredHint  string
	Entered, EnteredHint        string
	Expired, ExpiredHint        string
	Failed, NotYours, Later     string
	ErrorID, Restart, NoScripts string
	NewTab                      string
}

func textsOf(lang string) texts {
	if lang == browser.English {
		return english()
	}
	return chinese()
}

func (t texts) problem(why problem) string {
	if why == problemTicket {
		return t.NotYours
	}
	return t.Later
}

func chinese() texts {
	return texts{
		Title:          "注册企业微信",
		Intro:          "点击按钮，在新标签页中注册企业微信，应用会自动安装好。请保留本页面，注册完成后会自动继续。",
		Button:         "开始注册",
		NewTab:         "（在新标签页中打开）",
		Waiting:        "正在等待注册完成",
		WaitingHint:    "请在新标签页中完成注册，本页面会自动继续，无需刷新。",
		Again:          "重新打开注册页",
		Check:          "我已完成注册",
		Registered:     "注册成功",
		RegisteredHint: "企业已创建，应用正在安装。",
		Entered:        "您的企业已注册企业微信",
		EnteredHint:    "请在企业微信中按提示把应用添加到企业。",
		Expired:        "等待时间过长",
		ExpiredHint:    "一直没有收到注册结果。若注册已完成，请刷新本页面；否则请重新开始。",
		Failed:         "暂时无法继续",
		NotYours:       "此页面属于另一个浏览器，或已失效，请重新开始。请确认浏览器允许使用 Cookie。",
		Later:          "服务暂时不可用，请稍后再试。",
		ErrorID:        "错误编号",
		Restart:        "重新开始",
		NoScripts:      "浏览器未启用 JavaScript，本页面每隔几秒会自动刷新。",
	}
}

func english() texts {
	return texts{
		Title:          "Register with WeCom",
		Intro:          "The button opens the registration of your company with WeCom in a new tab; the apps are installed with it. Keep this page open: it goes on by itself.",
		Button:         "Register",
		NewTab:         "(opens a new tab)",
		Waiting:        "Waiting for the registration",
		WaitingHint:    "Register in the new tab. This page goes on by itself; there is no need to reload it.",
		Again:          "Open the registration again",
		Check:          "I have registered",
		Registered:     "Registered",
		RegisteredHint: "Your company is there, and its apps are being installed.",
		Entered:        "Your company is with WeCom already",
		EnteredHint:    "Follow WeCom to add the apps to your company.",
		Expired:        "Nothing was heard of the registration",
		ExpiredHint:    "If you have finished it, load this page again; otherwise start anew.",
		Failed:         "This does not work right now",
		NotYours:       "This page belongs to another browser, or it is too old. Please start anew, and see that your browser accepts cookies.",
		Later:          "The service is not available. Please try again in a moment.",
		ErrorID:        "Error number",
		Restart:        "Start anew",
		NoScripts:      "Your browser does not run JavaScript: this page loads itself again every few seconds.",
	}
}
