package web

import (
	"watchbox/firmware/backtest"
	"watchbox/firmware/bus"
	"watchbox/firmware/command"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/update"
)

const base = "/api/v1/"

// allRoutes is the whole API. The OpenAPI document is made from it, and a test
// holds each answer against that document.
func allRoutes() []route {
	var all []route
	for _, part := range [][]route{sessionRoutes(), readingRoutes(), alarmRoutes(), panelRoutes(), engineerRoutes(), updateRoutes(), peopleRoutes(), rawRoutes()} {
		all = append(all, part...)
	}
	return all
}

func sessionRoutes() []route {
	return []route{
		{method: "GET", path: base + "setup", tag: "session", zh: "是否需要首次设置", en: "Whether first set-up is needed", out: SetupState{}, serve: setupState},
		{method: "POST", path: base + "setup", tag: "session", zh: "用一次性设置码建立管理员并登录", en: "Make the first administrator with the one-time code, and log in", in: SetupOrder{}, out: Session{}, serve: setUp},
		{method: "POST", path: base + "session", tag: "session", zh: "登录", en: "Log in", in: LogIn{}, out: Session{}, serve: logIn},
		{method: "GET", path: base + "session", role: person.Viewer, tag: "session", zh: "当前用户", en: "Who is logged in", out: Me{}, serve: whoAmI},
		{method: "DELETE", path: base + "session", role: person.Viewer, tag: "session", zh: "退出", en: "Log out", serve: logOut},
		{method: "POST", path: base + "session/password", role: person.Viewer, tag: "session", zh: "修改自己的密码", en: "Change the own password", in: PasswordOrder{}, serve: changePassword},
		{method: "POST", path: base + "session/codes", role: person.Operator, tag: "session", zh: "设置自己的操作密码与胁迫密码", en: "Set the own panel code and duress code", in: OwnCodes{}, serve: setOwnCodes},
	}
}

func readingRoutes() []route {
	return []route{
		{method: "GET", path: base + "overview", role: person.Viewer, tag: "readings", zh: "总览", en: "The whole site in one look", out: Overview{}, serve: overview},
		{method: "GET", path: base + "points", role: person.Viewer, tag: "readings", zh: "所有测点", en: "All points with value, quality, reason and age",
			query: []parameter{{"device", "string", "only this device"}, {"room", "string", "only this room"}}, out: Points{}, serve: listPoints},
		{method: "GET", path: base + "points/{name}", role: person.Viewer, tag: "readings", zh: "一个测点", en: "One point", out: PointView{}, serve: onePoint},
		{method: "GET", path: base + "points/{name}/history", role: person.Viewer, tag: "readings", zh: "历史", en: "A point's past",
			query: []parameter{{"from", "string", "RFC 3339, or seconds before now: -3600; default one day ago"}, {"to", "string", "the same; default now"},
				{"most", "integer", "readings, 1–5000, default 1000"}}, out: History{}, serve: pointHistory},
		{method: "GET", path: base + "devices", role: person.Viewer, tag: "readings", zh: "设备", en: "Devices with state and provenance", out: Devices{}, serve: listDevices},
		{method: "GET", path: base + "buses", role: person.Viewer, tag: "readings", zh: "总线健康：得分、应答时间分布、错误与提示", en: "Health of each bus: score, turn-around, errors, hints", out: Buses{}, serve: listBuses},
		{method: "GET", path: base + "terminals", role: person.Viewer, tag: "readings", zh: "本机端子：触点动作次数与丢失，输出的静止状态", en: "What hangs on the box: contacts with their edges, outputs with their rest states", out: Terminals{}, serve: showTerminals},
		{method: "GET", path: base + "health", role: person.Viewer, tag: "readings", zh: "本机状态", en: "How the guard itself is", out: HealthView{}, serve: health},
		{method: "GET", path: base + "events", role: person.Viewer, tag: "events", zh: "事件日志；after 向后续取，不缺不重", en: "The journal; with after it goes forward without gaps",
			query: []parameter{{"after", "integer", "only sequences greater, oldest first; 0 from the first"}, {"before", "integer", "only sequences less, newest first"},
				{"epoch", "string", "the journal's epoch; with after the current one when absent"}, {"limit", "integer", "1–1000, default 100"},
				{"types", "string", "event types separated by commas"}, {"room", "string", "only this room"}, {"origin", "string", "raise event id: only what is about this occurrence"}},
			out: Events{}, serve: listEvents},
		{method: "GET", path: base + "messages", role: person.Operator, tag: "events", zh: "短信与邮件台账", en: "Ledger of messages sent",
			query: []parameter{{"limit", "integer", "1–1000, default 100"}}, out: Messages{}, serve: listMessages},
	}
}

func alarmRoutes() []route {
	return []route{
		{method: "GET", path: base + "alarms", role: person.Viewer, tag: "alarms", zh: "报警，最紧急在前", en: "Alarms, most urgent first", out: Alarms{}, serve: listAlarms},
		{method: "POST", path: base + "alarms/{key}/acknowledge", role: person.Operator, tag: "alarms", zh: "确认：已有人处理（key 为 * 时全部）", en: "Acknowledge: a person has taken it (key * for all)", in: AlarmOrder{}, serve: alarmCommand(engine.Acknowledge)},
		{method: "POST", path: base + "alarms/{key}/silence", role: person.Operator, tag: "alarms", zh: "消音：只停声音", en: "Silence: the noise only", in: AlarmOrder{}, serve: alarmCommand(engine.Silence)},
		{method: "POST", path: base + "alarms/{key}/reset", role: person.Operator, tag: "alarms", zh: "复位：放开已恢复的锁存报警", en: "Reset: let a latched alarm go", in: AlarmOrder{}, serve: alarmCommand(engine.Reset)},
		{method: "POST", path: base + "alarms/{key}/shelve", role: person.Operator, tag: "alarms", zh: "限时搁置", en: "Shelve for a bounded time", in: ShelveOrder{}, serve: shelve},
		{method: "POST", path: base + "alarms/{key}/unshelve", role: person.Operator, tag: "alarms", zh: "取消搁置", en: "Take off the shelf", serve: unshelve},
		{method: "POST", path: base + "alarms/{key}/out-of-service", role: person.Engineer, tag: "alarms", zh: "限时停用（紧急与防拆须两人）", en: "Take out of service for a bounded time; panic and tamper need two persons", in: RemovalOrder{}, serve: remove},
		{method: "POST", path: base + "alarms/{key}/in-service", role: person.Operator, tag: "alarms", zh: "恢复使用", en: "Back into service", serve: returnToService},
		{method: "GET", path: base + "why", role: person.Viewer, tag: "alarms", zh: "为什么报警，或为什么没有", en: "Why an alarm rings, or does not",
			query: []parameter{{"key", "string", "of the alarm"}, {"at", "string", "RFC 3339, or 03:12 for the last such moment at the site: then, by replaying what was kept"}}, out: Why{}, serve: showWhy},
		{method: "POST", path: base + "backtest", role: person.Engineer, tag: "alarms", zh: "用历史数据试规则", en: "What rules would have done on the kept samples", in: BacktestOrder{}, out: backtest.Report{}, serve: runBacktest},
	}
}

func panelRoutes() []route {
	return []route{
		{method: "GET", path: base + "panel", role: person.Viewer, tag: "panel", zh: "防区、分区、门、在内人员", en: "Zones, partitions, doors, who is inside", out: Panel{}, serve: showPanel},
		{method: "POST", path: base + "partitions/{id}/arm", role: person.Viewer, tag: "panel", zh: "布防", en: "Arm; in a viewer's session with a user's code", in: ArmOrder{}, serve: arming(engine.Arm)},
		{method: "POST", path: base + "partitions/{id}/force-arm", role: person.Viewer, tag: "panel", zh: "强制布防（旁路未就绪防区，记录在案）", en: "Arm and bypass what is open, recorded", in: ArmOrder{}, serve: arming(engine.ForceArm)},
		{method: "POST", path: base + "partitions/{id}/disarm", role: person.Viewer, tag: "panel", zh: "撤防", en: "Disarm; in a viewer's session, or where the partition asks for it, with a user's code", in: ArmOrder{}, serve: arming(engine.Disarm)},
		{method: "POST", path: base + "zones/{id}/bypass", role: person.Engineer, tag: "panel", zh: "旁路防区", en: "Bypass a zone until the next disarm", serve: bypassing(engine.Bypass)},
		{method: "POST", path: base + "zones/{id}/unbypass", role: person.Engineer, tag: "panel", zh: "取消旁路", en: "End a bypass", serve: bypassing(engine.Unbypass)},
		{method: "POST", path: base + "walk-test/{id}", role: person.Engineer, tag: "panel", zh: "开始步行测试（分区，或单个紧急按钮）", en: "Begin a walk test of a partition, or of one panic button", serve: walkTest},
		{method: "DELETE", path: base + "walk-test", role: person.Engineer, tag: "panel", zh: "结束步行测试", en: "End the walk test", serve: endWalkTest},
		{method: "GET", path: base + "keypad", role: person.Viewer, tag: "panel", zh: "可用操作密码的用户", en: "Whose codes move the panel", out: Keypad{}, serve: showKeypad},
		{method: "POST", path: base + "consent", role: person.Operator, tag: "panel", zh: "授权维护（1–24 小时）", en: "Let the installer in for 1–24 hours", in: ConsentOrder{}, serve: giveConsent},
		{method: "DELETE", path: base + "consent", role: person.Operator, tag: "panel", zh: "结束维护授权", en: "End the installer's access", serve: endConsent},
		{method: "POST", path: base + "inside/{target}/forgive", role: person.Operator, tag: "panel", zh: "从在内名单中移除某人，或某房间的所有人", en: "Take a person, or all in a room, off the list of those inside", serve: forgive},
		{method: "GET", path: base + "teams", role: person.Viewer, tag: "panel", zh: "空调群控：谁值班、为什么", en: "Teams of air-conditioners: who is on duty, and why", out: Teams{}, serve: listTeams},
		{method: "POST", path: base + "teams/{id}/units/{unit}/hand", role: person.Engineer, tag: "panel", zh: "机组转手动，退出群控", en: "Take a unit out of its team", serve: handing(engine.TeamHand)},
		{method: "POST", path: base + "teams/{id}/units/{unit}/auto", role: person.Engineer, tag: "panel", zh: "机组交还群控", en: "Give a unit back to its team", serve: handing(engine.TeamAuto)},
		{method: "GET", path: base + "commands", role: person.Viewer, tag: "panel", zh: "最近的写入与结果", en: "The newest writes and how they ended", out: Commands{}, serve: listCommands},
		{method: "GET", path: base + "outputs", role: person.Viewer, tag: "panel", zh: "输出与灯墙", en: "Outputs and the LED wall", out: Outputs{}, serve: showOutputs},
	}
}

func engineerRoutes() []route {
	return []route{
		{method: "POST", path: base + "outputs/lamp-test", role: person.Engineer, tag: "engineer", zh: "试灯", en: "Lamp test", serve: lampTest},
		{method: "POST", path: base + "outputs/{name}/select", role: person.Engineer, tag: "engineer", zh: "写入第一步：选择并看清变化（30 秒内有效）", en: "First step of a write: see what would change; good for 30 s", in: SelectOrder{}, out: command.Selection{}, serve: selectOutput},
		{method: "POST", path: base + "outputs/{name}/execute", role: person.Engineer, tag: "engineer", zh: "写入第二步：执行", en: "Second step of a write: do it", in: ExecuteOrder{}, serve: executeOutput},
		{method: "GET", path: base + "simulations", role: person.Viewer, tag: "engineer", zh: "正在模拟的测点，旁边是实际读数", en: "What is simulated, beside what is really read", out: Simulations{}, serve: listSimulations},
		{method: "DELETE", path: base + "simulations", role: person.Operator, tag: "engineer", zh: "结束全部模拟", en: "End every simulation", serve: endSimulations},
		{method: "POST", path: base + "points/{name}/simulation", role: person.Engineer, tag: "engineer", zh: "限时模拟一个输入：走真实全过程，处处标明模拟", en: "Simulate an input for a bounded time: the whole way is the real one, marked everywhere", in: SimulateOrder{}, serve: simulate},
		{method: "DELETE", path: base + "points/{name}/simulation", role: person.Operator, tag: "engineer", zh: "结束模拟", en: "End the simulation", serve: endSimulation},
		{method: "POST", path: base + "sensors/{id}/replace", role: person.Engineer, tag: "engineer", zh: "更换坏的传感器：测点与历史延续", en: "Another sensor in the place of a dead one: its points and their history go on", in: SensorOrder{}, serve: replaceSensor},
		{method: "GET", path: base + "commission", role: person.Engineer, tag: "engineer", zh: "调试清单", en: "The checklist of the handover, and how far it is", out: Checklist{}, serve: showChecklist},
		{method: "POST", path: base + "commission/{item}/test", role: person.Engineer, tag: "engineer", zh: "开始测试一项：设备记下期间看到的变化", en: "Begin the test of an item: the box notes what it sees meanwhile", serve: testItem(engine.TestItem)},
		{method: "DELETE", path: base + "commission/{item}/test", role: person.Engineer, tag: "engineer", zh: "放弃这次测试", en: "End the test unsigned", serve: testItem(engine.CancelItem)},
		{method: "POST", path: base + "commission/{item}/sign", role: person.Engineer, tag: "engineer", zh: "签署结果", en: "Sign how it came out", in: SignOrder{}, serve: signItem},
		{method: "POST", path: base + "commission/{item}/photo", role: person.Engineer, tag: "engineer", zh: "为已签署的测试附照片（JPEG，不超过 512 KB）", en: "A picture of the signed test: JPEG, at most 512 KB", body: "image/jpeg", serve: attachPhoto},
		{method: "POST", path: base + "contacts/test", role: person.Engineer, tag: "engineer", zh: "发测试消息", en: "Send a test message", in: TestOrder{}, out: TestAnswer{}, serve: testContact},
		{method: "POST", path: base + "buses/{id}/search", role: person.Engineer, tag: "engineer", zh: "搜索总线上的设备（只读，排在轮询之后）", en: "Search a bus for devices; reads only, behind whoever is polled", in: bus.Order{}, serve: beginSearch},
		{method: "GET", path: base + "buses/{id}/search", role: person.Engineer, tag: "engineer", zh: "搜索进度与结果", en: "How far the search is, and what it found", out: bus.Progress{}, serve: showSearch},
		{method: "DELETE", path: base + "buses/{id}/search", role: person.Engineer, tag: "engineer", zh: "停止搜索", en: "Stop the search", serve: endSearch},
		{method: "GET", path: base + "site", role: person.Engineer, tag: "engineer", zh: "站点文件摘要（不含密钥）", en: "Summary of the site file, without secrets", out: SiteView{}, serve: showSite},
		{method: "POST", path: base + "site/reload", role: person.Engineer, tag: "engineer", zh: "检查并载入站点文件", en: "Check the site file and swap it in", in: ReloadOrder{}, serve: reloadSite},
		{method: "GET", path: base + "site/file", role: person.Administrator, tag: "engineer", zh: "下载有效的站点文件", en: "The accepted site file as it was written", media: "application/yaml", raw: siteFile},
		{method: "POST", path: base + "site/file", role: person.Engineer, tag: "engineer", zh: "上传站点文件并生效（可试行）", en: "A site file in place of the present one, for good or on trial",
			query: []parameter{{"confirm", "string", "1m to 24h: in force on trial, and taken back unless confirmed within this time"}}, body: "application/yaml", serve: putSite},
		{method: "POST", path: base + "site/confirm", role: person.Engineer, tag: "engineer", zh: "确认试行的站点文件", en: "Confirm the site file on trial", serve: confirmSite},
		{method: "GET", path: base + "maps", role: person.Engineer, tag: "engineer", zh: "设备点表：自带的与自有的，谁在用", en: "Maps of products, built in and the installer's own, and which devices use them", out: MapList{}, serve: listMaps},
		{method: "GET", path: base + "maps/{name}", role: person.Engineer, tag: "engineer", zh: "一张点表的原文（名称中的 / 写作 %2F）", en: "One map as it was written; a / in its name is written %2F", media: "application/yaml", raw: mapText},
		{method: "POST", path: base + "maps/{name}", role: person.Engineer, tag: "engineer", zh: "上传自有点表 own/名称；有设备在用时立即生效", en: "Keep an own map, own/NAME; where a device uses it, it is in force at once", body: "application/yaml", serve: putMap},
		{method: "DELETE", path: base + "maps/{name}", role: person.Engineer, tag: "engineer", zh: "删除自有点表（没有设备在用时）", en: "Remove an own map that no device uses", serve: removeMap},
		{method: "GET", path: base + "site/history", role: person.Engineer, tag: "engineer", zh: "生效过的站点文件", en: "Site files that were in force, newest first", out: SiteHistory{}, serve: siteHistory},
		{method: "GET", path: base + "site/history/{number}", role: person.Administrator, tag: "engineer", zh: "与现用站点文件比较", en: "An earlier site file compared with the one in force", out: SiteDiff{}, serve: siteDiff},
		{method: "POST", path: base + "site/history/{number}/restore", role: person.Administrator, tag: "engineer", zh: "恢复该站点文件", en: "Put an earlier site file in force again", serve: restoreSite},
	}
}

func updateRoutes() []route {
	return []route{
		{method: "GET", path: base + "update", role: person.Viewer, tag: "update", zh: "固件升级状态", en: "Where firmware updates stand", out: update.Status{}, serve: showUpdate},
		{method: "POST", path: base + "update", role: person.Administrator, tag: "update", zh: "上传升级包并写入备用分区", en: "Write a bundle into the other slot as it comes in",
			query: []parameter{{"insist", "boolean", "take an older version all the same"}}, body: "application/octet-stream", out: update.Status{}, serve: stageUpdate},
		{method: "POST", path: base + "update/switch", role: person.Administrator, tag: "update", zh: "重启到新固件并试运行", en: "Start again into the staged firmware, on trial", in: SwitchOrder{}, serve: switchUpdate},
		{method: "DELETE", path: base + "update", role: person.Administrator, tag: "update", zh: "放弃待启用的升级，或收起上次结果", en: "Put aside what is staged, or how the last update ended", serve: forgetUpdate},
		{method: "POST", path: base + "backup", role: person.Administrator, tag: "update", zh: "导出加密的整机备份（不含日志、历史数据和调试照片）", en: "The whole box in one sealed file, without journal, samples and the pictures of the checklist", in: BackupOrder{}, media: "application/octet-stream", raw: takeBackup},
		{method: "POST", path: base + "restore", role: person.Administrator, tag: "update", zh: "恢复整机备份并重新启动（口令放在 X-Watchbox-Passphrase 头中）", en: "Restore a backup and start again; the passphrase goes into the header X-Watchbox-Passphrase, URL-encoded",
			body: "application/octet-stream", serve: restoreBackup},
	}
}

func peopleRoutes() []route {
	return []route{
		{method: "GET", path: base + "users", role: person.Administrator, tag: "people", zh: "用户", en: "Users", out: Users{}, serve: listUsers},
		{method: "POST", path: base + "users", role: person.Administrator, tag: "people", zh: "新建用户", en: "Make a user", in: UserOrder{}, serve: addUser},
		{method: "DELETE", path: base + "users/{name}", role: person.Administrator, tag: "people", zh: "删除用户", en: "Remove a user", serve: removeUser},
		{method: "POST", path: base + "users/{name}/password", role: person.Administrator, tag: "people", zh: "重设密码", en: "Set a user's password", in: NewPassword{}, serve: setPassword},
		{method: "POST", path: base + "users/{name}/codes", role: person.Administrator, tag: "people", zh: "设置用户的操作密码与胁迫密码", en: "Set a user's panel code and duress code", in: CodesOrder{}, serve: setCodes},
		{method: "POST", path: base + "tokens", role: person.Administrator, tag: "people", zh: "新建程序令牌", en: "Make a token for a program", in: TokenOrder{}, out: Token{}, serve: newToken},
	}
}

func rawRoutes() []route {
	return []route{
		{method: "GET", path: base + "stream", role: person.Viewer, tag: "events", zh: "实时事件流", en: "Live changes as server-sent events", media: "text/event-stream",
			query: []parameter{{"after", "string", "like the header Last-Event-ID: records after this event id come first"}}, raw: stream},
		{method: "GET", path: base + "buses/{id}/trace", role: person.Engineer, tag: "engineer", zh: "总线实时报文", en: "The frames of a bus as they come: server-sent events “frame”, each a TraceLine", media: "text/event-stream",
			query: []parameter{{"seconds", "integer", "1–3600, default 3600"}}, raw: traceBus},
		{method: "GET", path: base + "buses/{id}/trace.pcapng", role: person.Engineer, tag: "engineer", zh: "总线报文，Wireshark 文件", en: "The same as a file for Wireshark", media: "application/x-pcapng",
			query: []parameter{{"seconds", "integer", "1–3600, default 3600"}}, raw: captureBus},
		{method: "GET", path: base + "openapi.json", tag: "document", zh: "本文档", en: "This document", media: "application/json", raw: openAPI},
		{method: "GET", path: base + "materials.json", role: person.Viewer, tag: "document", zh: "镜像的物料清单（CycloneDX）", en: "Bill of materials of the image, CycloneDX", media: "application/json", raw: paper("bom.json", "application/json")},
		{method: "GET", path: base + "licences.txt", role: person.Viewer, tag: "document", zh: "镜像内软件的许可证与源代码获取方式", en: "Licences of what is in the image, and how to get its source", media: "text/plain", raw: paper("licences.txt", "text/plain; charset=utf-8")},
		{method: "GET", path: base + "modbus-map.csv", role: person.Viewer, tag: "document", zh: "Modbus 服务的寄存器点表", en: "The table of registers of the Modbus server", media: "text/csv", raw: modbusMap},
		{method: "GET", path: base + "modbus-server.yaml", role: person.Engineer, tag: "document", zh: "modbus-server 段建议稿：为尚无编号的点编号", en: "The section modbus-server with a number for each point that has none", media: "application/yaml", raw: modbusProposal},
		{method: "GET", path: base + "commission-photos/{name}", role: person.Engineer, tag: "document", zh: "调试照片", en: "A picture of the checklist", media: "image/jpeg", raw: showPhoto},
		{method: "GET", path: base + "commission.csv", role: person.Engineer, tag: "document", zh: "调试报告（表格）", en: "The commissioning report for a spreadsheet", media: "text/csv", raw: commissionCSV},
		{method: "GET", path: base + "commission.html", role: person.Engineer, tag: "document", zh: "调试报告（打印页）", en: "The commissioning report to print", media: "text/html",
			query: []parameter{{"lang", "string", "zh or en"}}, raw: commissionReport},
		{method: "GET", path: "/metrics", role: person.Viewer, tag: "document", zh: "Prometheus 指标", en: "Prometheus metrics", media: "text/plain", raw: metrics},
		{method: "GET", path: "/healthz", tag: "document", zh: "在线与否", en: "Up or not", media: "text/plain", raw: healthz},
	}
}

// streamMessages says what the data of each message of the stream is.
var streamMessages = map[string]any{
	"hello": Hello{}, "points": PointsDelta{}, "alarms": AlarmsDelta{}, "panel": Panel{}, "outputs": Outputs{}, "commands": Commands{}, "teams": Teams{}, "simulations": Simulations{},
	"devices": DevicesDelta{}, "health": HealthView{}, "record": event.Record{}, "heartbeat": Beat{}, "resync": Resync{}, "site": struct{}{},
}
