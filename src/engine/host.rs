//! The world as expressions see it: memory, registers, symbols, GOT and PLT of the selected thread and frame.

use std::sync::Arc;

use crate::arch::regs::{Gpr, RegId, RegType, XState, find};
use crate::base::{Error, Memory, Need, Result, VirtAddr};
use crate::elf::SymbolKind;
use crate::expr::{Host, MacroScope, Names, SettingValue, ValueHistory, Variables};
use crate::symbols::{Location, LocationKind, Module, ModuleId, Named, is_rust, qualified_names};
use crate::value::{
    Absence, ArrayKind, Language, ModuleRef, NoDebug, PrintOptions, Printer, Symbols, Type, Value, function_title,
};

use super::journal::Change;
use super::register_types::register_type;
use super::session::Session;
use super::siginfo::SIGINFO;

/// Of a longer name that does not exist an error shows the beginning.
const MAX_NAME: usize = 200;

/// A module's number, as values carry it.
pub fn module_ref(id: ModuleId) -> ModuleRef {
    ModuleRef(id.0.into())
}

impl Session {
    /// The module of a number that a value carries.
    pub fn module(&self, module: ModuleRef) -> Result<&Arc<Module>> {
        let id = u32::try_from(module.0).ok().map(ModuleId);
        id.and_then(|id| self.inferior.modules.get(id)).ok_or_else(|| Error::user("The module is no longer loaded."))
    }

    /// The one module that `-m NAME` means.
    pub fn module_named(&self, name: &str) -> Result<&Arc<Module>> {
        let found = self.inferior.modules.named(name);
        found.first().copied().ok_or_else(|| self.no_module(name))
    }

    /// A module's GOT as a value: an array of `void *` from its lowest word to its highest.
    pub fn got_value(&self, module: &Module) -> Option<Value> {
        let got = module.got()?;
        let lower = got.words.iter().map(|w| w.first).min()?;
        let upper = got.words.iter().map(|w| w.first + w.count as i64).max()?;
        let element = Type::pointer(&Type::void());
        let ty = Type::array_of(&element, Some((upper - lower) as u64), lower, ArrayKind::Got(module_ref(module.id)));
        Some(Value::at(&ty, module.virt(got.base) + (lower.wrapping_mul(8)) as u64))
    }

    /// A module's PLT as a value: an array of stubs. `PLT[n]` is reached by counting as long as the stubs stand in a row; by
    /// name all are.
    pub fn plt_value(&self, module: &Module) -> Option<Value> {
        let plt = module.plt();
        let first = plt.stubs.first()?;
        let stride = first.len.max(1);
        let in_row =
            plt.stubs.windows(2).take_while(|w| w.iter().map(|s| s.addr.0).reduce(|a, b| b.wrapping_sub(a)) == Some(stride));
        let count = in_row.count() as u64 + 2;
        let element = Type::array_of(&Type::uchar(), Some(stride), 0, ArrayKind::Stub);
        let ty = Type::array_of(&element, Some(count), 0, ArrayKind::Plt(module_ref(module.id)));
        Some(Value::at(&ty, module.virt(first.addr) - stride))
    }

    /// `GOT` or `PLT` of a module.
    fn table(&self, name: &str, module: &Module) -> Option<Value> {
        match name {
            "GOT" => self.got_value(module),
            "PLT" => self.plt_value(module),
            _ => None,
        }
    }

    /// The value that a name stands for.
    fn named_value(named: &Named) -> Value {
        let what = match named.kind {
            LocationKind::Symbol(SymbolKind::Ifunc) => NoDebug::Ifunc,
            LocationKind::Symbol(SymbolKind::Tls) => NoDebug::Tls,
            _ if named.is_code => NoDebug::Text,
            _ => NoDebug::Data,
        };
        Value::at(&Type::no_debug(what), named.addr)
    }

    pub(super) fn lookup_anywhere(&self, name: &str) -> Option<Value> {
        let modules = &self.inferior.modules;
        if matches!(name, "GOT" | "PLT") {
            // A symbol of the program of that name wins; libraries' own do not count.
            let main = modules.main()?;
            return main.find(name).map(|n| Session::named_value(&n)).or_else(|| self.table(name, main));
        }
        modules.find(name, None).map(|named| Session::named_value(&named))
    }

    /// The bytes of a register in the selected frame.
    fn register_bytes(&self, id: RegId) -> Result<Option<Vec<u8>>> {
        let tid = self.selected_thread().map_err(|_| Error::Needs(Need::Registers))?;
        let registers =
            if self.selection.level == 0 { self.process()?.target.registers(tid)? } else { self.selected_frame()?.registers };
        let xstate = if id.info().is_extended() { Some(self.process()?.target.xstate(tid)?) } else { None };
        Ok(id.read(&registers, xstate.as_ref()).map(|b| b.to_vec()))
    }

    /// What is printed between `<` and `>` after an address.
    pub fn location(&self, addr: VirtAddr) -> Option<Location> {
        let most = self.settings.print_max_symbolic_offset;
        self.inferior.modules.symbolize(addr).filter(|l| most.is_none_or(|most| l.offset <= most.into()))
    }

    /// A location in the name that `print`, `backtrace` and `info symbol` show, with its offset: as it was written, unless `print
    /// demangle` is off.
    pub fn shown_name(&self, location: &Location) -> String {
        match self.settings.print_demangle {
            true => self.titled(location).unwrap_or_else(|| location.with_offset_demangled()),
            false => location.with_offset(),
        }
    }

    /// The name of a function of C++ as debug information has it, where a symbol says less (`main` for `main()`) or more
    /// (`int f<int>(int)` for `f<int>(int)`).
    fn titled(&self, location: &Location) -> Option<String> {
        let name = &location.raw_name;
        if !location.is_code || !matches!(location.kind, LocationKind::Symbol(_)) || name.starts_with("_R") {
            return None;
        }
        // Of mangled names only those of templates say what is returned.
        if name.starts_with("_Z") && !name.contains('I') {
            return None;
        }
        let module = &location.module;
        let debug = module.debug()?;
        let unit = debug.unit_at(module.to_file(location.start))?;
        if Language::of_dwarf(debug.language(unit)) != Language::Cpp {
            return None;
        }
        let function = module.function(location.start).filter(|f| module.virt(f.entry) == location.start)?;
        let title = function_title(debug, function.die, &function.name);
        Some(if location.offset == 0 { title } else { format!("{title}+{}", location.offset) })
    }

    /// The same in the name that `x` and disassembly show: as it is in the file, unless `print asm-demangle` is on too.
    pub fn code_name(&self, location: &Location) -> String {
        let is_mangled = ["_Z", "_R"].iter().any(|mangling| location.raw_name.starts_with(mangling));
        if self.settings.print_asm_demangle || !is_mangled { self.shown_name(location) } else { location.with_offset() }
    }

    /// Conditions read registers at each hit: the language is looked up only where it is seen.
    fn type_of_register(&self, ty: RegType) -> Arc<Type> {
        let language = if matches!(ty, RegType::CodePointer) { self.language() } else { Language::default() };
        register_type(ty, language)
    }

    /// The extended registers of the selected thread.
    pub fn selected_xstate(&self) -> Result<XState> {
        self.process()?.target.xstate(self.selected_thread()?)
    }

    /// Writes memory of the process in the user's name: into the journal, and past all caches. What memory holds already is not
    /// written: there would be nothing to undo.
    pub fn patch_memory(&mut self, at: VirtAddr, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if !self.settings.may_write_memory {
            return Err(Error::user(format!("Writing to memory is not allowed (addr {at}, len {})", bytes.len())));
        }
        let mut old = vec![0; bytes.len()];
        self.process().map_err(|_| Error::Fault { addr: at })?.target.read(at, &mut old)?;
        if old == bytes {
            return Ok(());
        }
        self.write_unlogged(at, bytes)?;
        self.inferior.journal.record(Change::Memory { at, old, new: bytes.to_vec() });
        self.note_page(at);
        Ok(())
    }

    /// Writes memory without a word in the journal (which is what undoing does).
    pub fn write_unlogged(&mut self, at: VirtAddr, bytes: &[u8]) -> Result<()> {
        let process = self.inferior.process.as_mut().ok_or(Error::Fault { addr: at })?;
        process.target.control().ok_or(Error::Fault { addr: at })?.write(at, bytes)?;
        process.exits.borrow_mut().1.clear();
        process.sites.patched(at, bytes.len() as u64, &*process.target);
        process.generation += 1;
        self.drop_frames();
        Ok(())
    }

    /// Writes a register of the selected thread without a word in the journal.
    pub fn write_register_unlogged(&mut self, tid: crate::base::Tid, name: &str, bytes: &[u8]) -> Result<()> {
        let id = find(name).ok_or_else(|| Error::user(format!("Invalid register `{name}'")))?;
        let process = self.process_mut()?;
        let mut registers = process.target.registers(tid)?;
        if id.info().is_extended() {
            let mut state = process.target.xstate(tid)?;
            if !id.write(bytes, &mut registers, Some(&mut state)) {
                return Err(Error::user(format!("This processor has no register ${name}.")));
            }
            process.control()?.set_xstate(tid, &state)?;
        } else {
            let pc = registers.pc();
            id.write(bytes, &mut registers, None);
            if registers.pc() != pc {
                // *Folklore*: in a system call that a signal interrupted the kernel would set the pc back by the two bytes of
                // `syscall`, to restart it. orig_rax = -1 says that there is nothing to restart.
                registers.set(Gpr::OrigRax, u64::MAX);
            }
            process.control()?.set_registers(tid, &registers)?;
        }
        process.generation += 1;
        self.drop_frames();
        Ok(())
    }
}

impl Names for Session {
    fn match_module(&self, text: &str) -> Option<(ModuleRef, usize)> {
        let (module, rest) = self.inferior.modules.split_prefix(text)?;
        Some((module_ref(module.id), text.len() - rest.len() - 1))
    }

    fn no_module(&self, name: &str) -> Error {
        let names: Vec<&str> = self.inferior.modules.iter().map(|m| m.name.as_str()).collect();
        Error::user(format!("No module \"{name}\" is loaded; there are: {}.", names.join(", ")))
    }

    fn match_qualified(&self, text: &str) -> Option<usize> {
        // What debug information knows, and of symbols what it does not.
        let is_known = |name: &&str| !matches!(self.lookup_debug(name), Ok(None)) || matches!(self.find_type(name), Ok(Some(_)));
        let by_symbol = self.inferior.modules.match_qualified(text);
        // Of functions with parameters only symbols know: `ns::f(1)` calls one.
        by_symbol.or_else(|| qualified_names(text).into_iter().filter(|n| !n.contains('(')).find(is_known).map(str::len))
    }

    fn language(&self) -> Language {
        Session::language(self)
    }

    fn module_path(&self) -> Option<String> {
        self.rust_module_path()
    }

    fn macros(&self) -> Option<MacroScope> {
        self.expression_macros()
    }

    fn find_type(&self, name: &str) -> Result<Option<Arc<Type>>> {
        if self.is_local(name) {
            return Ok(None);
        }
        for full in self.scoped_names(name) {
            if let Some(ty) = self.find_type_named(&full)? {
                return Ok(Some(ty));
            }
        }
        self.imported_type(name)
    }
}

impl Symbols for Session {
    fn symbol(&self, addr: VirtAddr) -> Option<String> {
        Some(self.code_name(&self.location(addr)?))
    }

    fn value_symbol(&self, addr: VirtAddr) -> Option<String> {
        let location = self.location(addr)?;
        // The old mangling of Rust's leaves out generic arguments, which the debug information knows.
        if location.offset == 0
            && location.is_code
            && self.settings.print_demangle
            && is_rust(&location.raw_name)
            && let Some(function) = self.inferior.modules.at(addr).and_then(|m| m.function(addr))
        {
            return Some(function.name.to_string());
        }
        Some(self.shown_name(&location))
    }

    fn variable(&self, name: &str) -> Option<Value> {
        self.lookup(name, None).ok().flatten()
    }

    fn vtable(&self, at: VirtAddr) -> Option<(String, Arc<Type>)> {
        let module = self.inferior.modules.at(at)?;
        crate::value::vtable_at(module.debug()?, module.to_file(at))
    }

    fn type_named(&self, name: &str) -> Option<Arc<Type>> {
        self.find_type_named(name).ok().flatten()
    }
}

impl Host for Session {
    fn memory(&self) -> &dyn Memory {
        match &self.inferior.process {
            Some(process) => process,
            None => &self.inferior.modules,
        }
    }

    fn write_memory(&mut self, at: VirtAddr, bytes: &[u8]) -> Result<()> {
        self.patch_memory(at, bytes)
    }

    fn register(&self, name: &str) -> Result<Option<Value>> {
        if name == SIGINFO {
            return self.siginfo();
        }
        let Some(id) = find(name) else { return Ok(None) };
        let info = id.info();
        let ty = self.type_of_register(info.ty);
        if self.inferior.process.is_none() {
            return Err(Error::user("No registers."));
        }
        Ok(Some(match self.register_bytes(id)? {
            Some(mut bytes) => {
                bytes.resize(ty.size as usize, 0);
                Value::register(&ty, &info.name, bytes)
            }
            None => Value::absent(&ty, Absence::NotSaved),
        }))
    }

    fn register_type(&self, name: &str) -> Option<Arc<Type>> {
        Some(self.type_of_register(find(name)?.info().ty))
    }

    fn write_register(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        if name == SIGINFO {
            return self.write_siginfo(self.selected_thread()?, bytes);
        }
        let id = find(name).ok_or_else(|| Error::user(format!("Invalid register `{name}'")))?;
        if !self.settings.may_write_registers {
            return Err(Error::user(format!("Writing to registers is not allowed (${name})")));
        }
        let tid = self.selected_thread().map_err(|_| Error::Needs(Need::Registers))?;
        let info = id.info();
        if self.selection.level > 0
            && !info.is_extended()
            && let Some(gpr) = info.gpr()
        {
            // An outer frame's register is where the inner one has saved it.
            let frame = self.selected_frame()?;
            if let Some(at) = frame.saved_at(gpr) {
                return self.patch_memory(at, bytes);
            }
            return Err(Error::user("Left operand of assignment is not an lvalue."));
        }
        let old = self.register_bytes(id)?.unwrap_or_default();
        self.write_register_unlogged(tid, name, bytes)?;
        if old != bytes {
            self.inferior.journal.record(Change::Register { tid, name: info.name.clone(), old, new: bytes.to_vec() });
        }
        Ok(())
    }

    fn computed(&self, name: &str) -> Result<Option<Value>> {
        let int = |n: i128| Some(Value::int(&Type::int(), n));
        Ok(match name {
            "GOT" | "PLT" => self.inferior.modules.main().and_then(|m| self.table(name, m)),
            "_thread" => {
                let process = self.inferior.process.as_ref();
                int(process.zip(self.selection.tid).and_then(|(p, t)| p.number_of(t)).unwrap_or(0).into())
            }
            "_gthread" => int(self.selection.tid.map_or(0, |t| self.global_number(t)).into()),
            "_inferior_thread_count" => int(self.process().map_or(0, |p| p.target.threads().len()) as i128),
            "_exception" => Some(self.exception_value()?),
            "_inferior" => int(self.inferior.number.into()),
            "bpnum" => int(self.breakpoints.last_id().into()).filter(|_| self.breakpoints.last_id() > 0),
            _ => None,
        })
    }

    fn lookup(&self, name: &str, module: Option<ModuleRef>) -> Result<Option<Value>> {
        match module {
            Some(module) => {
                let module = self.module(module)?;
                let typed = |n: &Named| if n.is_code { self.function_at(&n.module, n.addr) } else { None };
                let named = module.find(name).map(|n| typed(&n).unwrap_or_else(|| Session::named_value(&n)));
                let table = || self.table(name, module);
                let stub = || module.find(&format!("{name}@plt")).map(|n| Session::named_value(&n));
                Ok(named.or_else(table).or_else(stub))
            }
            None => match self.lookup_debug(name)? {
                Some(value) => Ok(Some(value)),
                None => Ok(self.lookup_anywhere(name).map(|v| self.typed_function(v))),
            },
        }
    }

    fn unplaced(&self, name: &str) -> Option<Value> {
        self.wants_types_only.set(true);
        let found = self.lookup_debug(name);
        self.wants_types_only.set(false);
        found.ok().flatten()
    }

    fn setting(&self, name: &str, maintenance: bool) -> Option<(SettingValue, String)> {
        (self.settings.reader)(&self.settings, name, maintenance)
    }

    fn functions(&self, name: &str, near: &[String]) -> Result<Vec<Value>> {
        self.overloads(name, near)
    }

    fn slot(&self, array: &Value, name: &str) -> Result<Value> {
        use crate::value::TypeKind;
        let kind = match &array.ty.stripped().kind {
            TypeKind::Array { kind, element, .. } => (*kind, element.clone()),
            _ => return Err(Error::user("Only GOT and PLT can be indexed by a name.")),
        };
        match kind {
            (ArrayKind::Got(module), element) => {
                let module = self.module(module)?;
                let slot = module.got().and_then(|g| g.slot_named(name));
                let slot = slot.ok_or_else(|| Error::user(format!("No GOT slot of {} is for \"{name}\".", module.name)))?;
                Ok(Value::at(&element, module.virt(slot.addr)))
            }
            (ArrayKind::Plt(module), element) => {
                let module = self.module(module)?;
                let stub = module.plt().stub_named(name);
                let stub = stub.ok_or_else(|| Error::user(format!("No PLT stub of {} is for \"{name}\".", module.name)))?;
                Ok(Value::at(&element, module.virt(stub.addr)))
            }
            (ArrayKind::Plain | ArrayKind::Stub, _) => Err(Error::user("Only GOT and PLT can be indexed by a name.")),
        }
    }

    fn no_symbol(&self, name: &str) -> Error {
        let in_rust = Session::language(self) == Language::Rust;
        if self.inferior.program.is_none() && !in_rust {
            return Error::user("No symbol table is loaded.  Use the \"file\" command.");
        }
        if let Some(plain) = name.strip_suffix("@entry") {
            return Error::user(format!("@entry can be used only for function parameters, not for \"{plain}\""));
        }
        let name = if in_rust { name.trim_start_matches("::") } else { name };
        if !in_rust && let Some(error) = self.no_member(name) {
            return error;
        }
        let shown = match name.char_indices().nth(MAX_NAME) {
            Some((end, _)) => format!("{}...", name.get(..end).unwrap_or_default()),
            None => name.to_owned(),
        };
        Error::NoSymbol { name: shown, near: self.similar(name), in_rust }
    }

    fn methods_named(&self, name: &str) -> Vec<Value> {
        self.rust_methods(name)
    }

    fn seen_as_it_is(&self, value: &Value) -> Option<(Value, bool)> {
        let options = self.options();
        crate::value::seen_as_it_is(&Printer { memory: self.memory(), symbols: self, options: &options }, value)
    }

    fn call(&mut self, function: &Value, arguments: &[Value]) -> Result<Value> {
        self.call_function(function, arguments)
    }

    fn allocate(&mut self, bytes: &[u8]) -> Result<VirtAddr> {
        self.allocate_in_program(bytes)
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
        self.settings.print_options()
    }
}
