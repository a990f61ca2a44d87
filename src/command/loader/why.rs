//! The dynamic lookup, replayed aloud.

use std::sync::Arc;

use super::provides;
use crate::base::{Error, Need, Result, VirtAddr, counted};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::elf::{Binding, Relocation, Symbol, SymbolKind, r_x86_64};
use crate::engine::{LookupScope, ScopeSource, Scopes, Session, purpose_of};
use crate::loader::{Answer, HashStep, LookupFor, Rejection, Wanted, ask, gnu_hash};
use crate::symbols::{Module, is_named};
use crate::ui::{Role, Row, Table};

/// `why`
pub const WHY: Command = Command {
    name: "why",
    group: Group::Loading,
    args: &[ArgSpec::JSON, ArgSpec::must("SYMBOL", ArgKind::Symbol), ArgSpec::may("from MODULE", ArgKind::Rest)],
    summary: "Replay the dynamic lookup of a symbol: which modules are asked, what each answers, who wins.",
    help: "The lookup is that of a reference in MODULE, without it in the program, in the version that it asks for. A row a module, in\n\
           the order in which ld.so asks: what the Bloom filter and the bucket of its GNU hash table say, which symbol of that\n\
           name it has, and whether that is taken. Modules behind the winner are asked too: what would do is `interposed'.\n\
           In a process the scope is read from ld.so's own lists; before there is one, the libraries are searched for as ld.so\n\
           does. `why libc.so.6' tells who needs a module and what it provides to each.",
    examples: &[
        Example { line: "why puts", what: "where the program's puts comes from" },
        Example { line: "why malloc from libc.so.6", what: "what libc's own calls of malloc lead to" },
        Example { line: "why libc.so.6", what: "who needs libc, and for what" },
    ],
    own: true,
    run: why,
    ..Command::BASE
};

fn why(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let name = args.get("SYMBOL").unwrap_or_default().trim_matches('\'').to_owned();
    let from = args.get("from MODULE").unwrap_or_default();
    let from = from.strip_prefix("from ").unwrap_or(from).trim();
    let session = &*cx.session;
    let scopes = session.scopes();
    let modules = scopes.modules();
    let called = |text: &str| modules.iter().find(|m| m.name == text).or_else(|| modules.iter().find(|m| m.is_called(text)));
    let main = modules.first().or(session.inferior.modules.main()).cloned().ok_or(Error::Needs(Need::Executable))?;
    if from.is_empty()
        && let Some(provider) = called(&name).filter(|m| asked(m, &name).is_empty())
    {
        let (head, table) = provides::of(session, &scopes, provider);
        cx.out.text(Role::Title, &head);
        table.show(cx.out);
        return Ok(Flow::Go);
    }
    let module = match from {
        "" => main,
        text => called(text).cloned().ok_or_else(|| Error::user(format!("No module \"{text}\" is loaded.")))?,
    };
    if crate::engine::is_static(module.image()) {
        return Err(Error::user(format!("{} is statically linked: nothing is looked up at run time.", module.name)));
    }
    let scope = scopes.of(&module);
    let mut reports = Vec::new();
    for asked in questions(&modules, &module, &name)? {
        reports.push(report(session, &scopes, &scope, &module, &asked));
    }
    for (head, table, end) in reports {
        cx.out.text(Role::Title, &head);
        table.show(cx.out);
        cx.row(&end);
    }
    Ok(Flow::Go)
}

/// One lookup.
struct Asked {
    name: String,
    version: Option<String>,
    purpose: LookupFor,
    /// The relocations that make it, with their symbol.
    relocations: Vec<Relocation>,
    weak: bool,
    /// The reference in the module's .dynsym.
    reference: Option<u32>,
}

/// The references of a module whose symbol is `name` (`NAME@VERSION`, or as the source has it).
fn asked(module: &Module, name: &str) -> Vec<Asked> {
    let (bare, version) = name.split_once('@').map_or((name, None), |(n, v)| (n, Some(v.trim_start_matches('@'))));
    let mut out: Vec<Asked> = Vec::new();
    for r in module.image().relocations().filter(|r| r.symbol != 0) {
        if let Some(known) = out.iter_mut().find(|a| a.reference == Some(r.symbol)) {
            known.relocations.push(r);
            continue;
        }
        let Some(symbol) = module.image().relocation_symbol(&r) else { continue };
        let own = symbol.version.map(|v| v.name);
        if (symbol.name == bare || is_named(symbol.name, bare)) && version.is_none_or(|v| own == Some(v)) {
            out.push(Asked {
                name: symbol.name.to_owned(),
                version: own.map(str::to_owned),
                purpose: purpose_of(r.kind),
                weak: symbol.binding == Binding::Weak && symbol.is_undefined(),
                relocations: vec![r],
                reference: Some(r.symbol),
            });
        }
    }
    out
}

/// The lookups to replay: those of the module's references; else one as dlsym(3) makes it.
fn questions(modules: &[Arc<Module>], module: &Module, name: &str) -> Result<Vec<Asked>> {
    let found = asked(module, name);
    if !found.is_empty() {
        return Ok(found);
    }
    let (bare, version) = name.split_once('@').map_or((name, None), |(n, v)| (n, Some(v.trim_start_matches('@'))));
    let exported = |m: &Arc<Module>| {
        let dynsym = m.image().dynsym();
        let exact = dynsym.named(bare).into_iter().next();
        exact.or_else(|| dynsym.iter().find(|s| !s.name.is_empty() && is_named(s.name, bare))).map(|s| s.name.to_owned())
    };
    let raw = modules.iter().find_map(exported);
    let raw = raw.ok_or_else(|| Error::user(format!("No module refers to or exports \"{bare}\".")))?;
    Ok(vec![Asked {
        name: raw,
        version: version.map(str::to_owned),
        purpose: LookupFor::Name,
        relocations: Vec::new(),
        weak: false,
        reference: None,
    }])
}

fn report(
    session: &Session,
    scopes: &Scopes<'_>,
    scope: &LookupScope,
    module: &Arc<Module>,
    asked: &Asked,
) -> (String, Table, Row) {
    let shown = session.shown_symbol(&asked.name).into_owned();
    let full = asked.version.as_ref().map_or_else(|| shown.clone(), |v| format!("{shown}@{v}"));
    let source = match scope.source {
        ScopeSource::LinkMaps => "as ld.so's own lists have it",
        ScopeSource::LoadOrder => "in the order of loading",
        ScopeSource::Files => "as the files will be loaded",
    };
    let head = format!(
        "{full}, {}: GNU hash {:#010x}; {} asked, {source}\n",
        wanted_for(module, asked),
        gnu_hash(&asked.name),
        counted(scope.entries.len() as u64, "module")
    );
    let own = asked.reference.and_then(|i| module.image().dynsym().get(i));
    let copies = asked.relocations.iter().any(|r| r.kind == r_x86_64::COPY);
    let wanted = Wanted { name: &asked.name, version: asked.version.as_deref(), purpose: asked.purpose };
    let binds_locally = own.filter(|s| !s.is_undefined() && (s.binding == Binding::Local || s.visibility != 0));
    let (mut table, mut winner, mut interposed) = (Table::new(), None, Vec::new());
    for (number, entry) in (1..).zip(&scope.entries) {
        let answer = ask(entry.module.image(), &wanted);
        let verdict = match (&answer.found, &winner, &binds_locally) {
            (Some(_), _, Some(_)) if entry.module.id != module.id => {
                "not asked: the reference binds to its own module".to_owned()
            }
            (Some(_), None, _) if copies && entry.module.id == module.id => "the copy itself: COPY asks the others".to_owned(),
            (Some(s), None, _) => {
                winner = Some((entry.module.clone(), s.index));
                "taken".to_owned()
            }
            (Some(_), Some(_), _) => {
                interposed.push(entry.module.name.clone());
                "interposed".to_owned()
            }
            (None, ..) => rejected(&answer),
        };
        let local = entry.local_to.as_ref().map_or_else(|| "global".to_owned(), |o| format!("local to {o}"));
        table.push(answer_row(session, number, &entry.module, &answer, local, verdict));
    }
    (head, table, end_row(session, scopes, module, asked, winner, interposed))
}

/// `which hello needs for GOT[3] (JUMP_SLOT)`
fn wanted_for(module: &Module, asked: &Asked) -> String {
    let Some(first) = asked.relocations.first() else {
        return format!("which {} does not refer to (as dlsym(3) finds it)", module.name);
    };
    let slot = module.got().and_then(|g| g.slot_at(first.offset)).filter(|s| s.addr == first.offset);
    let place = slot.map_or_else(|| module.virt(first.offset).to_string(), |s| format!("GOT[{}]", s.index));
    let more = match asked.relocations.len() {
        1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    let weak = if asked.weak { ", weak" } else { "" };
    format!("which {} needs for {place} ({}{weak}){more}", module.name, first.kind_name())
}

fn hash_text(step: HashStep) -> String {
    match step {
        HashStep::NoTable => "no hash table".into(),
        HashStep::Bloom { word, bits: [a, b] } => format!("bloom no: word {word}, bits {a} {b}"),
        HashStep::EmptyBucket { bucket } => format!("bloom maybe; bucket {bucket} empty"),
        HashStep::Chain { bucket, compared } => format!("bloom maybe; bucket {bucket}, compared {compared}"),
        HashStep::SysV { bucket, compared } => format!("DT_HASH bucket {bucket}, compared {compared}"),
    }
}

fn rejected(answer: &Answer<'_>) -> String {
    let reasons = answer.rejected.iter().map(|(_, why)| match why {
        Rejection::Undefined => "undefined here too",
        Rejection::Version => "another version",
        Rejection::HiddenVersion => "a hidden version",
        Rejection::NotExported => "not exported",
        Rejection::Kind => "no function or object",
        Rejection::Ambiguous => "several versions, none asked for",
    });
    let mut reasons: Vec<&str> = reasons.collect();
    reasons.dedup();
    if reasons.is_empty() { "not there".into() } else { reasons.join("; ") }
}

fn answer_row(session: &Session, number: u32, module: &Arc<Module>, answer: &Answer<'_>, local: String, verdict: String) -> Row {
    let symbol = answer.found.or_else(|| answer.rejected.first().map(|r| r.0));
    let described = symbol.map_or_else(|| "-".to_owned(), |s| describe(session, module, &s));
    let role = if verdict == "taken" { Role::Changed } else { Role::Plain };
    let (kind, bound) = symbol.map_or((None, None), |s| (Some(super::file::kind(s.kind)), Some(super::file::binding(s.binding))));
    Row::new()
        .both("order", Role::Plain, format!("[{number}]"), number)
        .cell("module", Role::File, module.name.as_str())
        .cell("scope", Role::Dim, local)
        .cell("hash", Role::Plain, hash_text(answer.hash))
        .both("symbol", Role::Symbol, described, symbol.map(|s| s.versioned_name()))
        .hidden("type", kind)
        .hidden("binding", bound)
        .cell("verdict", role, verdict)
}

/// `puts@@GLIBC_2.2.5 FUNC WEAK`
fn describe(session: &Session, module: &Module, symbol: &Symbol<'_>) -> String {
    let sign = if symbol.version.is_some_and(|v| v.is_default) { "@@" } else { "@" };
    let name = session.shown_symbol(symbol.name);
    let name = symbol.version.map_or_else(|| name.to_string(), |v| format!("{name}{sign}{}", v.name));
    let visibility = ["", " INTERNAL", " HIDDEN", " PROTECTED"].get(usize::from(symbol.visibility)).copied().unwrap_or("");
    let copied = module.image().relocations().any(|r| r.kind == r_x86_64::COPY && r.symbol == symbol.index);
    let copy = if copied { " copy" } else { "" };
    format!("{name} {} {}{visibility}{copy}", super::file::kind(symbol.kind), super::file::binding(symbol.binding))
}

/// The last line: the winner, and what the slots hold.
fn end_row(
    session: &Session,
    scopes: &Scopes<'_>,
    module: &Arc<Module>,
    asked: &Asked,
    winner: Option<(Arc<Module>, u32)>,
    interposed: Vec<String>,
) -> Row {
    let (text, at, name) = match &winner {
        None if asked.weak => ("nobody defines it: a weak reference stays 0".to_owned(), None, None),
        None => ("nobody defines it: ld.so would end the program (symbol lookup error)".to_owned(), None, None),
        Some((owner, index)) => {
            let symbol = owner.image().dynsym().get(*index);
            let at = symbol.map(|s| if s.section == 0xfff1 { VirtAddr(s.addr.0) } else { owner.virt(s.addr) });
            let name = symbol.map(|s| format!("{}!{}", owner.name, session.shown_symbol(s.name)));
            let mut text = match (&name, symbol) {
                (Some(name), Some(s)) if s.kind == SymbolKind::Tls => format!("{name}, thread-local, offset {:#x}", s.addr.0),
                (Some(name), _) => format!("{name} at {}", at.unwrap_or_default()),
                (None, _) => owner.name.clone(),
            };
            text.push_str(&remarks(scopes, owner, symbol, asked));
            (text, at, name)
        }
    };
    let mut text = format!("=> {text}");
    if !interposed.is_empty() {
        text.push_str(&format!("; it interposes that of {}", interposed.join(", ")));
    }
    let state = slot_state(session, module, asked);
    if let Some(state) = &state {
        text.push_str(&format!("; {state}"));
    }
    let module_name = winner.as_ref().map(|w| w.0.name.clone());
    Row::new()
        .note(Role::Plain, text)
        .hidden("winner", name)
        .hidden("winner_module", module_name)
        .hidden("address", at.map(|a| a.to_string()))
        .hidden("interposed", interposed)
        .hidden("slot", state)
}

fn remarks(scopes: &Scopes<'_>, owner: &Arc<Module>, symbol: Option<Symbol<'_>>, asked: &Asked) -> String {
    let Some(symbol) = symbol else { return String::new() };
    let mut out = String::new();
    if symbol.kind == SymbolKind::Ifunc {
        out.push_str(", an IFUNC: that is its resolver, and the slot gets what it chooses");
    }
    if symbol.is_undefined() {
        out.push_str(", its own PLT stub: the address of the function for everybody (psABI, canonical PLT)");
    }
    let copy = owner.image().relocations().find(|r| r.kind == r_x86_64::COPY && r.symbol == symbol.index);
    if let Some(original) = copy.and_then(|r| scopes.of_relocation(&scopes.of(owner), owner, &r)) {
        let name = &original.module.name;
        out.push_str(&format!(", a copy (COPY relocation) of {name}'s, which {name} itself uses too"));
    }
    if symbol.binding == Binding::Weak && asked.purpose != LookupFor::Name {
        out.push_str(", weak: among libraries that is as good as global");
    }
    out
}

/// What the first slot of the reference holds now.
fn slot_state(session: &Session, module: &Arc<Module>, asked: &Asked) -> Option<String> {
    session.process().ok()?;
    let first = asked.relocations.first()?;
    let slot = module.got()?.slot_at(first.offset).filter(|s| s.addr == first.offset)?;
    let value = crate::base::read_u64(crate::expr::Host::memory(session), module.virt(slot.addr)).ok();
    let meaning = session.slot_meaning(module, slot, value);
    Some(format!("GOT[{}] {}", slot.index, session.slot_text(module, slot, value.unwrap_or(0), meaning)))
}
