//! Expansion beside what `cc -E` makes of the same definitions and lines.

use std::io::Write;
use std::process::{Command, Stdio};

use super::token::{Token, tokens};
use super::{MacroScope, UserMacros, expand, parse_definition};

/// Definitions, and below them lines that use them: C11 §6.10.3.5's examples are among them, and the places where the rules of
/// what is read again show.
const CASES: &[(&[&str], &[&str])] = &[
    (
        &["MAX 17", "SQUARE(x) ((x) * (x))", "EMPTY", "NOTHING()", "PLUS +", "ID(x) x", "SPACED   a  +   b"],
        &[
            "MAX + MAX1 - SQUARE(MAX) * SQUARE(SQUARE(2))",
            "SQUARE",
            "SQUARE (  (1,2)  )",
            "[EMPTY] [NOTHING()] [NOTHING( )] NOTHING EMPTY",
            "+PLUS -PLUS PLUS+ -EMPTY- +EMPTY+ .MAX",
            "ID(ID)(3) ID(ID(ID)(4)) ID(+)+ ID(-)ID(-) [ID()]",
            "\"MAX\" 'M' L\"MAX\" /* MAX */ SPACED SQUARE(\")\") SQUARE(')')",
            "1.MAX 0xMAX 1e+MAX MAX.x x.MAX p->MAX",
        ],
    ),
    (
        &[
            "SELF SELF + 1",
            "PING PONG",
            "PONG PING",
            "SQ(x) ((x) * (x))",
            "IDF SQ",
            "NEST(x) NEXT(x) SQ(x)",
            "NEXT(x) [x NEST(x)]",
        ],
        &["SELF PING PONG SQ(SELF)", "IDF(3) IDF (IDF(4)) IDF", "NEST(1) NEST", "SQ(IDF(SQ(PING)))"],
    ),
    (
        &["f(a) a*g", "g(a) f(a)", "fo(x) bar x", "F() f", "many(a,b,c) a b c", "g0 ("],
        &["f(2)(9)", "f(2)(9)(3)", "fo(fo) (2)", "F()(2) F()(F()(1))", "many(,,) many((1,2),\",\",',')", "f g0 1)"],
    ),
    (
        &["STR(x) #x", "XSTR(x) STR(x)", "MAX 17", "VSTR(...) #__VA_ARGS__"],
        &[
            "STR(MAX) XSTR(MAX) STR() STR( a   b ) STR(a/**/b)",
            "STR(\"\\t\\\\\" '\"' \\n) STR('\\0') STR(@\\n) VSTR(a, \"b\" , c)",
            "XSTR(STR(\"q\"))",
        ],
    ),
    (
        &["CAT(a, b) a ## b", "XCAT(a,b) CAT(a,b)", "MAX 17", "MA 1", "t(x,y,z) x ## y ## z", "PING 5", "HEX(x) 0x ## x ## L"],
        &[
            "CAT(MA,X) CAT(1,2) CAT(,a) CAT(a,) [CAT(,)] XCAT(MA,X) XCAT(PI,NG) CAT(L,\"s\")",
            "t(1,2,3) t(,4,5) t(6,,7) t(8,9,) t(10,,) t(,11,) t(,,12) [t(,,)]",
            "CAT(a b, c d) CAT(<,<) CAT(+,+) CAT(-,>) HEX(ff)",
        ],
    ),
    (
        &["hash_hash # ## #", "mkstr(a) # a", "in_between(a) mkstr(a)", "join(c, d) in_between(c hash_hash d)", "OBJ a ## b"],
        &["join(x, y)", "OBJ hash_hash"],
    ),
    (
        &[
            "x 3",
            "f(a) f(x * (a))",
            "g f",
            "z z[0]",
            "h g(~",
            "m(a) a(w)",
            "w 0,1",
            "t(a) a",
            "p() int",
            "q(x) x",
            "r(x,y) x ## y",
            "str(x) # x",
        ],
        &[
            "f(y+1) + f(f(z)) % t(t(g)(0) + t)(1);",
            "g(x+(3,4)-w) | h 5) & m (f)^m(m);",
            "p() i[q()] = { q(1), r(2,3), r(4,), r(,5), r(,) };",
            "char c[2][6] = { str(hello), str() };",
        ],
    ),
    (
        &[
            "V(fmt, ...) f(fmt, ##__VA_ARGS__)",
            "W(...) g(__VA_ARGS__)",
            "G(args...) h(args)",
            "G2(a, rest...) h(a, ##rest)",
            "MAX 17",
            "OPT(f, ...) f(1 __VA_OPT__(, [__VA_ARGS__]))",
            "OPT2(x, ...) x __VA_OPT__(x ## x)",
            "EMPTY",
        ],
        &[
            "V(\"a\") V(\"a\", 1, MAX) V(\"a\", MAX) V()",
            "W() W(1,2) W((1,2),MAX) G() G(1, MAX) G2(1) G2(1,2,3)",
            "OPT(a) OPT(a,b) OPT(a,b,c) OPT(a,EMPTY) OPT2(n, 1) OPT2(n)",
        ],
    ),
];

/// What the compiler makes of the lines; `None`, and aloud, where there is none.
fn by_compiler(definitions: &[&str], lines: &[&str]) -> Option<Vec<String>> {
    let mut source: String = definitions.iter().map(|d| format!("#define {d}\n")).collect();
    for line in lines {
        source.push_str(&format!("@@@\n{line}\n"));
    }
    let piped = |c: &mut Command| c.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = match piped(Command::new("gcc").args(["-E", "-P", "-x", "c", "-undef", "-"])) {
        Ok(child) => child,
        Err(e) => {
            eprintln!("not tested: gcc: {e}");
            return None;
        }
    };
    child.stdin.take()?.write_all(source.as_bytes()).ok()?;
    let out = String::from_utf8(child.wait_with_output().ok()?.stdout).ok()?;
    Some(out.split("@@@").skip(1).map(str::to_owned).collect())
}

fn texts(text: &str) -> Vec<String> {
    tokens(text).map(|(found, _)| found.iter().map(|t: &Token| t.text.to_string()).collect()).unwrap_or_default()
}

fn scope(definitions: &[&str]) -> MacroScope {
    let parsed = definitions.iter().map(|d| parse_definition(d).map(|m| (m.name.clone(), m)));
    let user: UserMacros = parsed.collect::<Result<_, _>>().unwrap_or_default();
    assert_eq!(user.len(), definitions.len());
    MacroScope { user: user.into(), program: None }
}

#[test]
fn macros_are_replaced_as_the_compiler_does() {
    for (definitions, lines) in CASES {
        let Some(truth) = by_compiler(definitions, lines) else { return };
        assert_eq!(truth.len(), lines.len(), "{definitions:?}");
        let scope = scope(definitions);
        for (line, truth) in lines.iter().zip(truth) {
            let ours = expand(line, false, &|name| scope.find(name)).unwrap_or_else(|e| e.to_string());
            assert_eq!(texts(&ours), texts(&truth), "{line}\nours: {ours}\ngcc:  {truth}");
        }
    }
}

#[test]
fn one_layer_leaves_what_it_brings_in() {
    let scope = scope(&["MAX BIG + 1", "BIG 17", "SQUARE(x) ((x) * MAX)"]);
    let once = |text: &str| expand(text, true, &|name| scope.find(name)).unwrap_or_else(|e| e.to_string());
    assert_eq!(once("MAX - BIG"), "BIG + 1 - 17");
    assert_eq!(once("SQUARE(BIG)"), "((17) * MAX)");
}

#[test]
fn what_would_never_end_is_an_error() {
    let doubling: Vec<String> = (0..64).map(|i| format!("D{i} D{} D{}", i + 1, i + 1)).collect();
    let texts: Vec<&str> = doubling.iter().map(String::as_str).collect();
    let doubling = scope(&texts);
    let error = |scope: &MacroScope, text: &str| expand(text, false, &|name| scope.find(name)).err().map(|e| e.to_string());
    assert_eq!(error(&doubling, "D0").as_deref(), Some("The macros' replacement is too long."));
    let nested = scope(&["F(x) x"]);
    let text = format!("{}1{}", "F(".repeat(500), ")".repeat(500));
    assert_eq!(error(&nested, &text).as_deref(), Some("The arguments of macros are nested too deep."));
    assert_eq!(error(&nested, "F(1").as_deref(), Some("Malformed argument list for macro `F'."));
    assert_eq!(error(&nested, "F(1,2)").as_deref(), Some("Wrong number of arguments to macro `F' (expected 1, got 2)."));
    for definition in ["Q(x) #x", "Q(x) x##x"] {
        let growing = scope(&[definition, "XQ(x) Q(x)"]);
        let text = format!("{}a \"\"{}", "XQ(".repeat(90), ")".repeat(90));
        assert_eq!(error(&growing, &text).as_deref(), Some("The macros' replacement is too long."), "{definition}");
    }
}

/// Texts made by chance, the same ones in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }

    /// Some words, with uses of macros among them; `parameters` may stand there too, behind `#` and on both sides of `##`.
    fn words(&mut self, parameters: &[&str], depth: usize) -> String {
        let mut text = String::new();
        for _ in 0..1 + self.below(3) {
            let any = |chance: &mut Chance| match parameters.is_empty() {
                true => "z".to_owned(),
                false => parameters[chance.below(parameters.len())].to_owned(),
            };
            let word = match self.below(12) {
                0 => "1".to_owned(),
                1 => "O0".to_owned(),
                2 => "O1".to_owned(),
                3 if depth > 0 => format!("F1({})", self.words(parameters, depth - 1)),
                4 if depth > 0 => format!("F2({},{})", self.words(parameters, depth - 1), self.words(parameters, depth - 1)),
                5 if depth > 0 => format!("V({}, {})", self.words(parameters, depth - 1), self.words(parameters, depth - 1)),
                6 => ["F1", "F2", "V", "+", "\"s\"", "()"][self.below(6)].to_owned(),
                7 if depth > 0 => format!("({})", self.words(parameters, depth - 1)),
                8 if !parameters.is_empty() => format!("#{}", any(self)),
                9 if !parameters.is_empty() => format!("{}##{}", any(self), any(self)),
                10 if !parameters.is_empty() => format!("{} ## O1", any(self)),
                _ => any(self),
            };
            text.push_str(&word);
            text.push_str(["", " "][self.below(2)]);
            if !text.ends_with([' ', ')']) {
                text.push(' ');
            }
        }
        text.trim_end().to_owned()
    }
}

#[test]
fn macros_made_by_chance_are_replaced_as_the_compiler_does() {
    let mut chance = Chance(1);
    let (mut compared, mut wrong) = (0, None);
    for _ in 0..40 {
        let definitions = [
            format!("O0 {}", chance.words(&[], 1)),
            format!("O1 {}", chance.words(&[], 1)),
            format!("F1(x) {}", chance.words(&["x"], 1)),
            format!("F2(x, y) {}", chance.words(&["x", "y"], 1)),
            format!("V(x, ...) {}", chance.words(&["x", "__VA_ARGS__"], 1)),
        ];
        let lines: Vec<String> = (0..25).map(|_| chance.words(&[], 2)).collect();
        let definitions: Vec<&str> = definitions.iter().map(String::as_str).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let Some(truth) = by_compiler(&definitions, &lines) else { return };
        let scope = scope(&definitions);
        for (line, truth) in lines.iter().zip(truth) {
            // What is wrong is an error here, and gcc goes on with it.
            let Ok(ours) = expand(line, false, &|name| scope.find(name)) else { continue };
            // Where blanks stand in a string made of replaced macros is not said in full.
            let same = |text: &str| texts(text).iter().map(|t| t.replace(' ', "")).collect::<Vec<_>>();
            compared += 1;
            if same(&ours) != same(&truth) && wrong.is_none() {
                wrong = Some(format!("{definitions:#?}\n{line}\nours: {ours}\ngcc:  {truth}"));
            }
        }
    }
    assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
    assert!(compared > 300, "only {compared} lines");
}
