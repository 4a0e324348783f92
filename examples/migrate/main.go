// Migrate fills the contacts of a corp that has just registered (通讯录迁移) from CSV
// files, or with a made-up company, and shows how far it is:
//
//	go run ./examples/migrate                                # 2000 people, offline
//	go run ./examples/migrate -people 20000 -departments 500 -faults 0.02
//	go run ./examples/migrate -csv users.csv -departments-csv departments.csv
//
// Without any settings the platform is simulated, by this process, and a second one
// migrates. Press Ctrl-C: that one stops in the middle, and is gone. Press Enter: a
// new one takes the migration up where the other has stopped. In the end the corp
// is compared with the plan.
//
// With the following variables it fills a real corp. It stops at Ctrl-C; start it
// again with the same files to go on.
//
//	WECOM_CORP_ID          the vendor's own corp id (服务商企业ID)
//	WECOM_PROVIDER_SECRET  ProviderSecret
//	WECOM_REGISTER_CODE    the code that the corp has registered with (注册码)
//	WECOM_BASE_URL         address of the API, if it is not the public one
//
// The files are those of WeCom's own templates (batch_user_sample.csv and
// batch_party_sample.csv), in UTF-8; see register.ReadUsersCSV. Whatever is wrong
// with them is listed as a whole, and nothing is sent.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/wecom-isv/wecom/examples/internal/settings"
)

// exitInterrupted is the exit code of a process that has stopped in the middle and
// can be started again.
const exitInterrupted = 3

var errInterrupted = errors.New("interrupted: start again with the same flags to go on")

func main() {
	worker := len(os.Args) == 2 && os.Args[1] == workerArg
	err := start(worker)
	switch {
	case errors.Is(err, errInterrupted):
		if !worker { // the parent has more to say
			fmt.Fprintln(os.Stderr, "migrate:", err)
		}
		os.Exit(exitInterrupted)
	case err != nil && !errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
}

func start(worker bool) error {
	if worker {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return work(ctx, os.Stdin, os.Stdout)
	}
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(interrupts)
	return run(context.Background(), os.Args[1:], os.Getenv, os.Stdin, os.Stdout, interrupts)
}

// options are the flags. They go to the worker as JSON.
type options struct {
	People         int     `json:"people"`
	Departments    int     `json:"departments"`
	UsersCSV       string  `json:"users_csv"`
	DepartmentsCSV string  `json:"departments_csv"`
	Checkpoint     string  `json:"checkpoint"`
	Faults         float64 `json:"faults"`
	ImportFrom     int     `json:"import_from"`
	Parallel       int     `json:"parallel"`
	Rate           int     `json:"rate"`
	Invite         bool    `json:"invite"`
	IgnoreTime     bool    `json:"ignore_time"`
}

func parse(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("migrate", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		_, _ = fmt.Fprint(out, "Fills the contacts of a newly registered WeCom corp, simulated unless WECOM_CORP_ID,\n"+
			"WECOM_PROVIDER_SECRET and WECOM_REGISTER_CODE are set. Ctrl-C stops it, the next start goes on.\n\n")
		flags.PrintDefaults()
	}
	flags.IntVar(&o.People, "people", 2000, "people of the made-up company, 0 to 100000")
	flags.IntVar(&o.Departments, "departments", 50, "departments of the made-up company, 1 to 20000")
	flags.StringVar(&o.UsersCSV, "csv", "", "`file` of members in the form of WeCom's template, in place of the made-up company")
	flags.StringVar(&o.DepartmentsCSV, "departments-csv", "", "`file` of departments in the form of WeCom's template, to go with -csv")
	flags.StringVar(&o.Checkpoint, "checkpoint", "", "`file` that keeps how far the migration is; by default one in the current directory, in the simulation a temporary one")
	flags.Float64Var(&o.Faults, "faults", 0, "simulation: which part of the calls fails, 0 to 0.5")
	flags.IntVar(&o.ImportFrom, "import-from", 1000, "import by files from so many new members or departments on; negative: never")
	flags.IntVar(&o.Parallel, "parallel", 4, "calls at once, 1 to 16")
	flags.IntVar(&o.Rate, "rate", 6000, "calls a minute; WeCom allows 10000 to one endpoint")
	flags.BoolVar(&o.Invite, "invite", false, "let WeCom invite the members in the end")
	flags.BoolVar(&o.IgnoreTime, "ignore-time", false, "begin even if the 30 minutes of the contact token will not suffice")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.People < 0 || o.People > 100000:
		return o, fmt.Errorf("-people %d is not between 0 and 100000", o.People)
	case o.Departments < 1 || o.Departments > 20000:
		return o, fmt.Errorf("-departments %d is not between 1 and 20000", o.Departments)
	case o.Faults < 0 || o.Faults > 0.5:
		return o, fmt.Errorf("-faults %v is not between 0 and 0.5", o.Faults)
	case o.Rate < 1:
		return o, fmt.Errorf("-rate %d is not positive", o.Rate)
	case o.DepartmentsCSV != "" && o.UsersCSV == "":
		return o, errors.New("-departments-csv needs -csv")
	}
	return o, nil
}

func run(ctx context.Context, args []string, getenv func(string) string, in io.Reader, out io.Writer, interrupts <-chan os.Signal) error {
	opts, err := parse(args, out)
	if err != nil {
		return err
	}
	var j job
	online, err := settings.Read(getenv, j.variables()...)
	if online && err != nil {
		return fmt.Errorf("the settings for the real platform are not complete:\n%w\n\nwith none of these variables set the platform is simulated", err)
	}
	if !online {
		return simulate(ctx, opts, in, out, interrupts)
	}
	if j.Options = opts; opts.Checkpoint == "" {
		j.Options.Checkpoint = filepath.Clean("migrate-" + j.CorpID + ".checkpoint.json")
	}
	return interruptible(ctx, interrupts, func(ctx context.Context) error { return migrate(ctx, j, out) })
}

// interruptible ends the context of do at the first signal.
func interruptible(ctx context.Context, interrupts <-chan os.Signal, do func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-interrupts:
			cancel()
		case <-ctx.Done():
		}
	}()
	return do(ctx)
}
