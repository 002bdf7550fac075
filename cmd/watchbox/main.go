// Command watchbox is the engineer's and operator's command line. It speaks the
// same API as the page, and checks a site file without a running box.
//
// It talks to $WATCHBOX (default http://127.0.0.1:8080) with the token or
// session in $WATCHBOX_TOKEN, or the one that `watchbox login` kept.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"watchbox/firmware/point"
)

// verb is one subcommand.
type verb struct {
	use  string // words after the name
	help point.Words
	run  func(c *cli, args []string) error
}

// cli is one call of the program.
type cli struct {
	server string
	token  string
	json   bool
	lang   string
	out    io.Writer
	in     io.Reader
	lines  *bufio.Reader // of a pipe: one line per question
}

func verbs() map[string]verb {
	return map[string]verb{
		"login":          {"NAME", point.Words{Zh: "登录，会询问密码", En: "open a session; asks for the password"}, login},
		"logout":         {"", point.Words{Zh: "退出登录", En: "end it"}, logout},
		"check":          {"SITE.yaml", point.Words{Zh: "检查站点文件，逐条列出问题及行号", En: "check a site file; lists every problem with its line"}, check},
		"schema":         {"", point.Words{Zh: "输出站点文件的 JSON Schema", En: "print the JSON Schema of the site file"}, schema},
		"status":         {"", point.Words{Zh: "一眼看全现场", En: "the whole site in one look"}, status},
		"points":         {"[PATTERN]", point.Words{Zh: "当前数值，含单位、质量和时间", En: "current values with unit, quality and age"}, points},
		"devices":        {"", point.Words{Zh: "设备、通信状态和点表依据", En: "devices, their state and their map's provenance"}, devices},
		"inputs":         {"", point.Words{Zh: "本机触点：状态、动作次数、最近动作、丢失", En: "the box's contacts: state, edges, last edge, what was lost"}, inputs},
		"outputs":        {"", point.Words{Zh: "无人驱动时各输出的状态", En: "what becomes of each output when nobody commands it"}, outputs},
		"bus":            {"[BUS] | trace BUS [--seconds N] [--save FILE.pcapng] | scan BUS [--units 1-32] | learn BUS", point.Words{Zh: "总线健康；实时报文；搜索设备；旁听其他主站并建议点表", En: "health of the buses; what goes over one, live; search one for devices; learn from another master"}, buses},
		"alarms":         {"", point.Words{Zh: "现有报警，最紧急的在前", En: "what stands, most urgent first"}, alarms},
		"ack":            {"KEY|all [COMMENT]", point.Words{Zh: "确认：已有人处理，不再呼叫别人", En: "acknowledge: somebody has taken it"}, order("acknowledge")},
		"silence":        {"KEY|all", point.Words{Zh: "只消音", En: "the noise only"}, order("silence")},
		"reset":          {"KEY|all", point.Words{Zh: "复位：放开原因已消失的锁存报警", En: "let a latched alarm go"}, order("reset")},
		"shelve":         {"KEY MINUTES REASON", point.Words{Zh: "限时搁置一个报警", En: "put an alarm aside for a bounded time"}, shelve},
		"out-of-service": {"KEY MINUTES [SECOND:]REASON", point.Words{Zh: "停用一个报警；紧急和防拆须第二人", En: "take an alarm out of service; panic and tamper need a second person"}, outOfService},
		"in-service":     {"KEY", point.Words{Zh: "恢复使用", En: "back into service"}, inService},
		"why":            {"KEY [TIME]", point.Words{Zh: "为什么响或不响，现在或当时（如 03:12）", En: "why it rings or does not, now or at 03:12"}, why},
		"backtest":       {"RULES.yaml [--since 30d]", point.Words{Zh: "改后的规则在历史数据上会怎样：+ 新响，- 不再响", En: "what changed rules would have done on the kept samples: + rings newly, - no longer"}, runBacktest},
		"walk-test":      {"[PARTITION|PANIC-ZONE]", point.Words{Zh: "开始步行测试；不写名称则结束正在进行的", En: "begin a walk test; without a name the one that runs ends"}, walkTest},
		"panel":          {"", point.Words{Zh: "防区、分区、门", En: "zones, partitions, doors"}, panel},
		"arm":            {"PARTITION [away|stay|night] [--code [USER]]", point.Words{Zh: "可布防时布防；--code 用操作密码，输入不显示", En: "arm, when it is ready; with --code by a panel code, asked for without echo"}, arming("arm")},
		"force-arm":      {"PARTITION [away|stay|night] [--code [USER]]", point.Words{Zh: "布防并旁路未就绪的防区，记入日志", En: "arm and bypass what is open, recorded"}, arming("force-arm")},
		"disarm":         {"PARTITION [--code [USER]]", point.Words{Zh: "撤防；--code 用自己或 USER 的操作密码", En: "disarm; with --code by a panel code, the session's own or USER's"}, arming("disarm")},
		"consent":        {"4h|end", point.Words{Zh: "允许工程师操作 1–24 小时，或结束", En: "let the installer in for 1–24 hours, or end that"}, consent},
		"codes":          {"[USER]", point.Words{Zh: "设置自己或 USER 的操作密码和胁迫密码", En: "set the own panel code and duress code, or USER's; asks for them"}, codes},
		"inside":         {"", point.Words{Zh: "刷卡进入、尚未离开的人", En: "who went in by card and has not come out"}, inside},
		"forgive":        {"PERSON|ROOM", point.Words{Zh: "把一人或一室的人移出在内名单", En: "take a person, or all in a room, off the list of those inside"}, forgive},
		"modbus-map":     {"[propose]", point.Words{Zh: "供其他主站读取的寄存器表（CSV）；或建议站点文件的 modbus-server 一节", En: "the registers that other masters read, as CSV; or a proposal for the site file's modbus-server"}, modbusMap},
		"write":          {"POINT VALUE REASON [-y]", point.Words{Zh: "写输出或设定值：先显示变化、询问，再读回核对", En: "set an output or a set-point: shows what would change, asks, and reads back"}, write},
		"team":           {"[hand|auto TEAM/UNIT]", point.Words{Zh: "空调群控：谁在值班、为什么；转手动或交还", En: "air-conditioners: who is on duty and why; take a unit out, or give it back"}, teams},
		"sensor":         {"replace POINT NUMBER", point.Words{Zh: "用另一只 1-Wire 或 I²C 传感器替换坏的：测点和历史延续；未命名的编号：watchbox points '*/unknown.roms'", En: "another 1-Wire or I²C sensor in the place of a dead one: points and history go on; numbers without a name: watchbox points '*/unknown.roms'"}, sensor},
		"simulate":       {"[POINT VALUE --for 10m [REASON] | POINT end | end]", point.Words{Zh: "用模拟值代替输入读数，处处标【模拟】，到时自动结束；不带参数：列出正在模拟的", En: "put a value in the place of what an input reads, marked SIM everywhere; ends by itself; without arguments: what is simulated"}, simulate},
		"commission":     {"[PATTERN | test|cancel ITEM | pass|fail ITEM [REMARK] | photo ITEM FILE.jpg | csv]", point.Words{Zh: "交接清单：开始测试、签署，附设备所见；输出报告", En: "the handover's checklist: begin a test, sign it, with what the box saw meanwhile; the report"}, commissioning},
		"commands":       {"", point.Words{Zh: "最近的写入及结果", En: "the newest writes and how they ended"}, commands},
		"events":         {"[COUNT]", point.Words{Zh: "事件日志，最新在前", En: "the journal, newest first"}, events},
		"messages":       {"", point.Words{Zh: "短信和邮件台账", En: "ledger of SMS and mail"}, messages},
		"send-test":      {"CHANNEL CONTACT", point.Words{Zh: "向联系人发测试消息", En: "send a test message to a contact"}, sendTest},
		"lamp-test":      {"", point.Words{Zh: "所有灯亮三秒", En: "all lamps for three seconds"}, lampTest},
		"reload":         {"[--confirm TIME]", point.Words{Zh: "检查并载入站点文件；带时间（10m）则到时未确认自动退回", En: "check the box's site file and swap it in; with a time (10m) it goes back unless confirmed"}, reload},
		"confirm":        {"", point.Words{Zh: "保留正在试用的站点文件", En: "keep the site file that is on trial"}, confirmSite},
		"config":         {"get | put FILE [--confirm TIME] | history | diff N | restore N", point.Words{Zh: "站点文件：读取、替换；历史：列出、比较、恢复", En: "the site file: read it, replace it; those before: list, compare with now, put back"}, siteFiles},
		"map":            {"list | show NAME | check FILE.yaml | put NAME FILE.yaml | remove NAME", point.Words{Zh: "产品点表：有哪些、谁在用；自有点表 own/NAME；check 不需要设备", En: "maps of products: what there is and who uses it; the installer's own (own/NAME); check needs no box"}, productMaps},
		"update":         {"[FILE [insist]|switch [REASON]|forget]", point.Words{Zh: "升级：现状；写入升级包；启用并试运行", En: "new firmware: where it stands; write a bundle; start into it on trial"}, updateFirmware},
		"backup":         {"FILE", point.Words{Zh: "整机备份（站点文件、密码、用户、状态）到加密文件，会询问口令", En: "the whole box (site file, secrets, users, state) into a sealed file; asks for a passphrase"}, takeBackup},
		"restore":        {"FILE", point.Words{Zh: "用备份替换本机内容，守护程序随后重启", En: "a backup in place of what is here; the daemon starts again"}, restoreBackup},
		"user":           {"NAME ROLE", point.Words{Zh: "新建用户，会询问密码", En: "make a user; asks for the password"}, addUser},
		"token":          {"USER LABEL", point.Words{Zh: "为程序新建令牌，只显示一次", En: "make a token for a program; shown once"}, newToken},
	}
}

// order of the help text.
var listed = strings.Fields("status alarms ack silence reset shelve out-of-service in-service why backtest panel arm force-arm disarm codes consent walk-test inside forgive points devices bus inputs outputs modbus-map write sensor simulate commission commands team events messages send-test lamp-test check reload confirm config map update schema backup restore login logout user token")

func main() {
	c := &cli{out: os.Stdout, in: os.Stdin}
	flag.StringVar(&c.server, "server", env("WATCHBOX", "http://127.0.0.1:8080"), "address of the box")
	output := flag.String("o", "text", "output: text or json")
	flag.StringVar(&c.lang, "lang", env("WATCHBOX_LANG", "zh"), "language of texts: zh or en")
	flag.Usage = c.usage
	flag.Parse()
	c.json = *output == "json"
	v, known := verbs()[flag.Arg(0)]
	if !known {
		c.usage()
		os.Exit(2)
	}
	if err := v.run(c, flag.Args()[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "watchbox %s: %v\n", flag.Arg(0), err)
		os.Exit(1)
	}
}

func (c *cli) usage() {
	fmt.Fprintln(os.Stderr, "watchbox [-server URL] [-o json] [-lang zh|en] VERB …")
	all := verbs()
	for _, name := range listed {
		fmt.Fprintf(os.Stderr, "  %-14s %s\n", name, all[name].help.In(c.lang))
		if all[name].use != "" {
			fmt.Fprintf(os.Stderr, "  %14s %s %s\n", "", name, all[name].use)
		}
	}
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// need checks the number of arguments and says how the verb is used.
func need(name string, args []string, least int) error {
	if len(args) < least {
		return fmt.Errorf("usage: watchbox %s %s", name, verbs()[name].use)
	}
	return nil
}
