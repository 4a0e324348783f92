// Package settings reads from the environment what the examples need to know of
// a vendor and its app. The same variable means the same in each of them.
package settings

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Vendor is what a program needs to know of the vendor and its app to talk to the
// real platform. It holds secrets; fmt and log/slog show none of it.
type Vendor struct {
	CorpID         string // of the vendor itself
	ProviderSecret string `json:"-"`
	SuiteID        string
	SuiteSecret    string `json:"-"`
	Token          string `json:"-"` // of the callback URLs
	AESKey         string `json:"-"` // of the callback URLs
	BaseURL        string // of the API; empty: the public one
	PublicURL      string // where WeCom and browsers reach the program, without a slash at the end
	Listen         string
	TemplateID     string // promotion package (推广包)
}

// DefaultListen is the address to listen on if WECOM_LISTEN is not set.
const DefaultListen = ":8080"

// Format keeps every verb of fmt from looking inside.
func (v Vendor) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "settings.Vendor("+v.SuiteID+")")
}

// LogValue keeps log/slog from looking inside.
func (v Vendor) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(v)) }

// Variable is one setting of the environment.
type Variable struct {
	Name     string
	Into     *string
	Optional bool
	Check    func(string) error // says what is wanted instead, never what was given; nil takes anything
	Hint     string             // where to find the value
}

// Variables are the variables that every program reads, with v to read them into.
func (v *Vendor) Variables() []Variable {
	return []Variable{
		{"WECOM_CORP_ID", &v.CorpID, false, Matches(`^w[wx][0-9A-Za-z_-]{6,62}$`, "ww… or wx…"), "服务商自己的企业ID: 企业微信管理后台 > 我的企业 > 企业信息"},
		{"WECOM_PROVIDER_SECRET", &v.ProviderSecret, false, IsSecret, "ProviderSecret: 服务商管理后台 > 应用管理 > 通用开发参数"},
		{"WECOM_SUITE_ID", &v.SuiteID, false, Matches(`^(ww|wx|tj)[0-9A-Za-z_-]{6,62}$`, "ww…, wx… or tj…; dk… is a template, not a third-party app"), "SuiteID: 服务商管理后台 > 应用管理 > 网页应用 > 基本信息"},
		{"WECOM_SUITE_SECRET", &v.SuiteSecret, false, IsSecret, "Secret of the app, beside its SuiteID"},
		{"WECOM_TOKEN", &v.Token, false, Matches(`^[0-9A-Za-z]{1,32}$`, "1 to 32 letters and digits"), "Token of the callback settings (回调配置) of the app; enter the same for the system-event URL (系统事件接收URL)"},
		{"WECOM_ENCODING_AES_KEY", &v.AESKey, false, IsAESKey, "EncodingAESKey beside that Token; enter the same for the system-event URL"},
		{"WECOM_PUBLIC_URL", &v.PublicURL, false, IsURL, "address under which WeCom reaches this program, for example https://app.example.com; its host must be the trusted domain (可信域名) and the installation callback domain (安装完成回调域名) of the app. Command URL: <it>/callback/command, system-event URL: <it>/callback/system"},
		{"WECOM_REGISTER_TEMPLATE_ID", &v.TemplateID, false, Matches(`^\S{1,128}$`, "1 to 128 bytes without blanks"), "id of a promotion package with the app and contact migration (通讯录迁移接口): 服务商管理后台 > 应用推广 > 推广二维码"},
		{"WECOM_BASE_URL", &v.BaseURL, true, IsURL, "address of the API for private deployments and proxies; leave it unset for the public one"},
		{"WECOM_LISTEN", &v.Listen, true, Matches(`^\S*:\d+$`, "host:port"), "address to listen on; " + DefaultListen + " if unset"},
	}
}

// Read reads the settings of v and further variables of the program's own. online
// is false if none of them is set: then the platform is simulated. The error lists
// everything that is missing or malformed, with where to find it, and never a value.
func (v *Vendor) Read(getenv func(string) string, more ...Variable) (online bool, err error) {
	online, err = Read(getenv, append(v.Variables(), more...)...)
	if !online {
		return false, nil
	}
	if err != nil {
		return true, fmt.Errorf("the settings for the real platform are not complete:\n%w\n\nwith none of these variables set the platform is simulated", err)
	}
	v.Listen = cmp.Or(v.Listen, DefaultListen)
	v.PublicURL = strings.TrimRight(v.PublicURL, "/")
	return true, nil
}

// Read reads variables, and reports whether any of them is set. The error lists
// everything that is missing or malformed, and never a value.
func Read(getenv func(string) string, variables ...Variable) (some bool, err error) {
	var problems []error
	for _, v := range variables {
		value := strings.TrimSpace(getenv(v.Name))
		switch {
		case value != "":
			some = true
			*v.Into = value
			problems = append(problems, v.check(value))
		case !v.Optional:
			problems = append(problems, fmt.Errorf("%s is not set\n    %s", v.Name, v.Hint))
		}
	}
	return some, errors.Join(problems...)
}

func (v Variable) check(value string) error {
	if v.Check == nil {
		return nil
	}
	if err := v.Check(value); err != nil {
		return fmt.Errorf("%s is malformed: want %w\n    %s", v.Name, err, v.Hint)
	}
	return nil
}
