//! A small world for tests: some memory, a few registers, two modules with a GOT and a PLT each.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Host, Names, ValueHistory, Variables, eval, eval_type, parse};
use crate::base::{Error, Memory, Result, SliceMemory, VirtAddr};
use crate::value::{
    ArrayKind, Bits, Field, Flag, FormatSpec, Language, ModuleRef, NoDebug, PrintOptions, Printer, Symbols, Type, TypeKind, Value,
};

pub(super) struct TestHost {
    pub(super) memory: SliceMemory,
    registers: HashMap<&'static str, Value>,
    symbols: HashMap<&'static str, (Arc<Type>, u64)>,
    types: HashMap<&'static str, Arc<Type>>,
    pub(super) variables: Variables,
    pub(super) history: ValueHistory,
    pub(super) options: PrintOptions,
    pub(super) warnings: Vec<String>,
    pub(super) language: Language,
}

/// Bytes from 0x404000 on, as they lie in the program `nd` that gdb was asked about.
fn memory() -> SliceMemory {
    let mut bytes = vec![0; 0x1000];
    let mut put = |at: usize, b: &[u8]| bytes[at..at + b.len()].copy_from_slice(b);
    put(0x20, b"DCBA");
    put(0x30, b"hello\nworld\x01x\0");
    put(0x40, &1.5f64.to_le_bytes());
    for (i, n) in [1u32, 2, 3, 4].iter().chain(&[5; 12]).chain(&[7]).enumerate() {
        put(0x60 + 4 * i, &n.to_le_bytes());
    }
    put(0x1a0, &0x401106u64.to_le_bytes());
    // A GOT with its base at 0x404418 and three words below it.
    for i in 0..8u64 {
        put(0x400 + 8 * i as usize, &(0x401030 + i).to_le_bytes());
    }
    SliceMemory { start: VirtAddr(0x404000), bytes }
}

fn table(element: &Arc<Type>, count: u64, lower: i64, kind: ArrayKind) -> Arc<Type> {
    Type::array_of(element, Some(count), lower, kind)
}

impl TestHost {
    pub(super) fn new() -> TestHost {
        let data = Type::no_debug(NoDebug::Data);
        let text = Type::no_debug(NoDebug::Text);
        let void_pointer = Type::pointer(&Type::void());
        let got = table(&void_pointer, 8, -3, ArrayKind::Got(ModuleRef(1)));
        let plt = table(&Type::array(&Type::uchar(), 16), 4, 0, ArrayKind::Plt(ModuleRef(1)));
        let field = |name: &str, ty: &Arc<Type>, offset| Field::new(name, ty, offset);
        let node = Type::structure("node", 16, false, vec![field("x", &Type::int(), 0), field("y", &Type::long(), 8)]);
        let v4f = Type::vector("v4f", &Type::float32(), 4);
        let v4i = Type::vector("v4i32", &crate::value::base_type("int32_t").unwrap(), 4);
        let vec128 = Type::structure(
            "vec128",
            16,
            true,
            vec![field("v4_float", &v4f, 0), field("v4_int32", &v4i, 0), field("uint128", &Type::uint128(), 0)],
        );
        let flag = |name: &str, start| Flag { name: name.into(), bits: Bits { start, len: 1 } };
        let eflags = TypeKind::Flags([flag("CF", 0), flag("", 1), flag("ZF", 6), flag("IF", 9)].into());
        let eflags = Type::named("i386_eflags", 4, eflags);
        let pc = Type::pointer(&Type::function_unprototyped(&Type::void()));
        let int64 = crate::value::base_type("int64_t").unwrap();
        let register = |name, ty: &Arc<Type>, bytes: &[u8]| (name, Value::register(ty, name, bytes));
        TestHost {
            memory: memory(),
            registers: HashMap::from([
                register("pc", &pc, &0x40110au64.to_le_bytes()),
                register("sp", &void_pointer, &0x404800u64.to_le_bytes()),
                register("rax", &int64, &[57, 0, 0, 0, 0, 0, 0, 0]),
                register("al", &Type::int8(), &[57]),
                register("eflags", &eflags, &[2, 2, 0, 0]),
                register("xmm0", &vec128, &[0; 16]),
            ]),
            symbols: HashMap::from([
                ("nd_int", (data.clone(), 0x404020)),
                ("nd_str", (data.clone(), 0x404030)),
                ("nd_dbl", (data.clone(), 0x404040)),
                ("nd_arr", (data.clone(), 0x404060)),
                ("nd_fp", (data, 0x4041a0)),
                ("nd_fn", (text.clone(), 0x401106)),
                ("nd_two", (text.clone(), 0x40111a)),
                ("puts@plt", (text.clone(), 0x401030)),
                ("puts@got.plt", (Type::no_debug(NoDebug::Data), 0x404430)),
                ("libc.so.6!printf", (text, 0x7ffff7e00000)),
                ("libc.so.6!GOT", (table(&void_pointer, 2, 0, ArrayKind::Got(ModuleRef(2))), 0x404500)),
                ("GOT", (got, 0x404400)),
                ("PLT", (plt, 0x401020)),
                ("n", (node.clone(), 0x404060)),
            ]),
            types: HashMap::from([("struct node", node.clone()), ("node_t", Type::typedef("node_t", &node))]),
            variables: Variables::default(),
            history: ValueHistory::default(),
            options: PrintOptions::default(),
            warnings: Vec::new(),
            language: Language::C,
        }
    }

    pub(super) fn value(&mut self, text: &str) -> Result<Value> {
        let expr = parse(text, self)?;
        eval(&expr, self)
    }

    /// Runs `p`, `p/FMT`, `whatis` or `ptype` and gives what gdb would print.
    pub(super) fn run(&mut self, command: &str) -> String {
        self.warnings.clear();
        let text = self.try_run(command).unwrap_or_else(|e| e.to_string());
        let warnings: String = self.warnings.iter().map(|w| format!("warning: {w}\n")).collect();
        warnings + &text
    }

    fn try_run(&mut self, command: &str) -> Result<String> {
        let (word, rest) = command.split_at(command.find([' ', '/']).unwrap_or(command.len()));
        if word != "p" {
            let expr = parse(rest, self)?;
            let is_type = matches!(expr.kind, super::ExprKind::Type(_));
            let ty = eval_type(&expr, self)?.ty;
            let ty = if is_type && word == "whatis" { ty.one_typedef_less().clone() } else { ty };
            return Ok(format!("type = {}", if word == "ptype" { ty.expanded()? } else { ty.to_string() }));
        }
        let (spec, rest) = rest.strip_prefix('/').map_or((FormatSpec::default(), rest), FormatSpec::parse);
        let letter = spec.for_value("print")?;
        let value = self.value(rest)?;
        let value = value.fetched(&self.memory, self.options.max_value_size)?;
        let shown = Printer { memory: &self.memory, symbols: self, options: &self.options }.text(&value, letter)?;
        // gdb numbers `void` too.
        let n = self.history.push(value);
        Ok(format!("${n} = {shown}"))
    }
}

impl Symbols for TestHost {
    fn symbol(&self, addr: VirtAddr) -> Option<String> {
        let within = |a: u64| (a <= addr.0 && addr.0 - a < 0x14).then(|| addr.0 - a);
        let (name, offset) = self
            .symbols
            .iter()
            .filter(|(name, _)| name.starts_with("nd_") || name.starts_with("puts@"))
            .filter_map(|(name, (_, a))| Some((name, within(*a)?)))
            .min_by_key(|(_, offset)| *offset)?;
        Some(if offset == 0 { (*name).to_owned() } else { format!("{name}+{offset}") })
    }
}

impl Names for TestHost {
    fn match_module(&self, text: &str) -> Option<(ModuleRef, usize)> {
        let modules = [("libc.so.6", 2), ("libc", 2), ("nd", 1)];
        let found = modules.iter().find(|(name, _)| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('!')));
        found.map(|(name, n)| (ModuleRef(*n), name.len()))
    }

    fn language(&self) -> Language {
        self.language
    }

    fn find_type(&self, name: &str) -> Result<Option<Arc<Type>>> {
        Ok(self.types.get(name).cloned())
    }
}

impl Host for TestHost {
    fn memory(&self) -> &dyn Memory {
        &self.memory
    }

    fn write_memory(&mut self, at: VirtAddr, bytes: &[u8]) -> Result<()> {
        let start = at.0.wrapping_sub(self.memory.start.0) as usize;
        let to = self.memory.bytes.get_mut(start..start.saturating_add(bytes.len())).ok_or(Error::Fault { addr: at })?;
        to.copy_from_slice(bytes);
        Ok(())
    }

    fn register(&self, name: &str) -> Result<Option<Value>> {
        Ok(self.registers.get(name).cloned())
    }

    fn write_register(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        if let Some(value) = self.registers.get_mut(name) {
            *value = Value::register(&value.ty, name, bytes);
        }
        Ok(())
    }

    fn lookup(&self, name: &str, module: Option<ModuleRef>) -> Result<Option<Value>> {
        let full = if module == Some(ModuleRef(2)) { format!("libc.so.6!{name}") } else { name.to_owned() };
        Ok(self.symbols.get(&*full).map(|(ty, addr)| Value::at(ty, VirtAddr(*addr))))
    }

    fn slot(&self, array: &Value, name: &str) -> Result<Value> {
        let missing = || Error::user(format!("No slot for \"{name}\"."));
        if name == "puts" { array.element(3).ok_or_else(missing) } else { Err(missing()) }
    }

    fn call(&mut self, function: &Value, _: &[Value]) -> Result<Value> {
        Err(Error::user(format!("You can't do that without a process to debug. ({})", function.ty)))
    }

    fn allocate(&mut self, _: &[u8]) -> Result<VirtAddr> {
        Err(super::operators::needs_memory())
    }

    fn warn(&mut self, text: &str) {
        self.warnings.push(text.to_owned());
    }

    fn variables(&self) -> &Variables {
        &self.variables
    }

    fn variables_mut(&mut self) -> &mut Variables {
        &mut self.variables
    }

    fn history(&self) -> &ValueHistory {
        &self.history
    }

    fn options(&self) -> PrintOptions {
        self.options.clone()
    }
}
