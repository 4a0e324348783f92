package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/examples/internal/settings"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/register"
)

// workerArg makes this program a worker of the simulation.
const workerArg = "worker"

// job is what a process must know to migrate. It holds secrets, so it goes to the
// worker through a pipe.
type job struct {
	BaseURL        string  `json:"base_url"`
	CorpID         string  `json:"corp_id"` // of the vendor itself
	ProviderSecret string  `json:"provider_secret"`
	RegisterCode   string  `json:"register_code"`
	Options        options `json:"options"`
}

// Format keeps every verb of fmt from looking inside.
func (j job) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "job of "+j.CorpID) }

// LogValue keeps log/slog from looking inside.
func (j job) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(j)) }

func (j *job) variables() []settings.Variable {
	return []settings.Variable{
		{Name: "WECOM_CORP_ID", Into: &j.CorpID, Check: settings.Matches(`^w[wx][0-9A-Za-z_-]{6,62}$`, "ww… or wx…"), Hint: "服务商自己的企业ID: 企业微信管理后台 > 我的企业 > 企业信息"},
		{Name: "WECOM_PROVIDER_SECRET", Into: &j.ProviderSecret, Check: settings.IsSecret, Hint: "ProviderSecret: 服务商管理后台 > 应用管理 > 通用开发参数"},
		{Name: "WECOM_REGISTER_CODE", Into: &j.RegisterCode, Check: settings.Matches(`^\S{1,512}$`, "up to 512 bytes without blanks"), Hint: "RegisterCode of the event register_corp (注册完成回调事件), or the code that the link of the registration was made with; it works for 24 hours"},
		{Name: "WECOM_BASE_URL", Into: &j.BaseURL, Optional: true, Check: settings.IsURL, Hint: "address of the API for private deployments and proxies; leave it unset for the public one"},
	}
}

// work is a worker: it is told its job by the parent.
func work(ctx context.Context, in io.Reader, out io.Writer) error {
	var j job
	if err := json.NewDecoder(in).Decode(&j); err != nil {
		return errors.New("a worker is for the parent to start")
	}
	return migrate(ctx, j, out)
}

// migrate fills the corp that has registered with the code of j. It can be called
// again and again, by one process at a time.
func migrate(ctx context.Context, j job, out io.Writer) error {
	plan, err := readPlan(j.Options)
	if err != nil {
		return err
	}
	opts := []wecom.Option{}
	if j.BaseURL != "" {
		opts = append(opts, wecom.WithBaseURL(j.BaseURL))
	}
	api, err := wecom.New(opts...)
	if err != nil {
		return err
	}
	vendor, err := provider.New(api, provider.Config{CorpID: j.CorpID, Secret: j.ProviderSecret})
	if err != nil {
		return err
	}
	show := newDisplay(out)
	show.line("%d departments, %d people; the checkpoint is %s", plan.Departments(), plan.Users(), j.Options.Checkpoint)
	report, err := register.New(vendor).Migrate(ctx, wecom.NewSecret(j.RegisterCode), plan, register.MigrateConfig{
		Checkpoint: register.FileCheckpoint(j.Options.Checkpoint),
		ImportFrom: j.Options.ImportFrom, Parallel: j.Options.Parallel, CallsPerMinute: j.Options.Rate,
		Invite: j.Options.Invite, IgnoreTime: j.Options.IgnoreTime,
		Progress: show.progress,
	})
	show.end()
	if ctx.Err() != nil && err != nil {
		show.line("%v", err)
		return errInterrupted
	}
	if report != nil {
		show.line("%s", report)
	}
	return err
}
