//! Which of several functions of one name a call means: C++'s overload resolution as gdb has it.
//!
//! Each argument is ranked against its parameter; a function is better than another one if no argument ranks worse and one ranks
//! better (C++17 \[over.match.best\]). What C++ would call ambiguous is not refused: the first of the best is taken. gdb's ranks are
//! coarser than C++'s in a few places (`short` to `int` and to `unsigned` are one to it), and what it takes is then a matter of the
//! order of its tables; here C++'s finer order decides.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::base::Memory;
use crate::value::{Field, FieldKind, FunctionType, Place, Type, TypeKind, Value};

/// How deep bases are followed.
const MAX_DEPTH: u32 = 50;

/// How badly an argument fits a parameter: the sort of conversion, then finer differences in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Rank {
    sort: Sort,
    fine: u32,
}

/// The sorts of conversions, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Sort {
    Exact,
    /// Promotions, qualifiers added, a pointer to a base.
    Promotion,
    Conversion,
    Boolean,
    /// To `...`.
    Ellipsis,
    /// What C++ refuses and gdb does, a pointer for another one.
    Odd,
}

impl Rank {
    const EXACT: Rank = Rank { sort: Sort::Exact, fine: 0 };

    fn of(sort: Sort, fine: u32) -> Rank {
        Rank { sort, fine }
    }

    /// Both conversions after one another.
    fn and(self, other: Rank) -> Rank {
        Rank { sort: self.sort.max(other.sort), fine: self.fine + other.fine }
    }
}

/// The number of the function that a call with these arguments means; `None` if none can be called so. Of methods the first
/// parameter and argument are `this`.
pub(super) fn best(candidates: &[(FunctionType, &[Value])], memory: &dyn Memory) -> Option<usize> {
    let ranked = candidates.iter().enumerate().filter_map(|(i, (f, arguments))| Some((i, ranks(f, arguments, memory)?)));
    let mut champion: Option<(usize, Vec<Rank>)> = None;
    for (i, ranks) in ranked {
        if champion.as_ref().is_none_or(|(_, best)| is_better(&ranks, best)) {
            champion = Some((i, ranks));
        }
    }
    champion.map(|(i, _)| i)
}

fn is_better(a: &[Rank], b: &[Rank]) -> bool {
    // Where one has a `...` it has fewer ranks: what both have decides.
    let order = |wanted| a.iter().zip(b).any(|(x, y)| x.cmp(y) == wanted);
    order(Ordering::Less) && !order(Ordering::Greater)
}

fn ranks(f: &FunctionType, arguments: &[Value], memory: &dyn Memory) -> Option<Vec<Rank>> {
    let takes = arguments.len() == f.params.len() || (arguments.len() > f.params.len() && (f.variadic || !f.prototyped));
    if !takes {
        return None;
    }
    let named = f.params.iter().zip(arguments).map(|(p, a)| rank_value(p, a, memory));
    let more = arguments.iter().skip(f.params.len()).map(|_| Some(Rank::of(Sort::Ellipsis, 0)));
    named.chain(more).collect()
}

/// How a value fits a parameter; `None` if it does not.
fn rank_value(parameter: &Arc<Type>, argument: &Value, memory: &dyn Memory) -> Option<Rank> {
    if let TypeKind::Reference(target, rvalue) = &parameter.stripped().kind
        && !matches!(argument.ty.stripped().kind, TypeKind::Reference(..))
    {
        let has_place = !matches!(argument.place, Place::Nowhere | Place::Absent(_));
        let constant = matches!(&target.kind, TypeKind::Qualified { qualifiers, .. } if qualifiers.constant);
        // \[dcl.init.ref\]: what has no place binds to `T &&` rather than to `const T &`, and never to `T &`.
        let binding = match (has_place, *rvalue, constant) {
            (true, true, _) | (false, false, false) => return None,
            (true, ..) | (false, true, _) => 0,
            (false, false, true) => 1,
        };
        return rank_reference(target, &argument.ty).map(|r| Rank { fine: r.fine + binding, ..r });
    }
    let is_null = || argument.ty.stripped().is_integral() && argument.to_int(memory).is_ok_and(|n| n == 0);
    match rank(parameter, &argument.ty) {
        None if is_pointer_like(parameter) && is_plain_integer(&argument.ty) && is_null() => Some(Rank::of(Sort::Conversion, 0)),
        other => other,
    }
}

/// A type as the target of a reference to another one: qualifiers may be added.
fn rank_reference(target: &Arc<Type>, argument: &Arc<Type>) -> Option<Rank> {
    let qualification = qualification(target, argument);
    rank(target, argument).map(|r| r.and(qualification))
}

/// Qualifiers added are worse than the same type, and qualifiers lost (which gdb forgives) worse than those.
fn qualification(parameter: &Arc<Type>, argument: &Arc<Type>) -> Rank {
    let (to, from) = (qualifiers(parameter), qualifiers(argument));
    let lost = (from.0 && !to.0) || (from.1 && !to.1);
    match (to == from, lost) {
        (true, _) => Rank::EXACT,
        (_, false) => Rank::of(Sort::Promotion, 1),
        (_, true) => Rank::of(Sort::Promotion, 2),
    }
}

fn qualifiers(ty: &Arc<Type>) -> (bool, bool) {
    let mut ty = ty;
    for _ in 0..100 {
        match &ty.kind {
            TypeKind::Typedef(target) => ty = target,
            TypeKind::Qualified { qualifiers, .. } => return (qualifiers.constant, qualifiers.volatile),
            _ => break,
        }
    }
    (false, false)
}

fn is_pointer_like(ty: &Arc<Type>) -> bool {
    matches!(ty.stripped().kind, TypeKind::Pointer(_) | TypeKind::MemberPointer { .. })
}

/// An integer whose zero is a null pointer.
fn is_plain_integer(ty: &Arc<Type>) -> bool {
    matches!(ty.stripped().kind, TypeKind::Int { .. } | TypeKind::Char { .. })
}

/// How a type fits another one; `None` if there is no conversion.
fn rank(parameter: &Arc<Type>, argument: &Arc<Type>) -> Option<Rank> {
    let (to, from) = (parameter.stripped(), argument.stripped());
    match (&to.kind, &from.kind) {
        (TypeKind::Reference(target, _), _) => rank_reference(target, argument),
        (_, TypeKind::Reference(target, _)) => rank(parameter, target),
        (TypeKind::Pointer(a), TypeKind::Pointer(b)) => rank_pointers(a, b),
        (TypeKind::Pointer(a), TypeKind::Array { element, vector: false, .. }) => rank_pointers(a, element),
        (TypeKind::Pointer(a), TypeKind::Function(_)) if is_same(a, from) => Some(Rank::EXACT),
        (TypeKind::Bool, TypeKind::Pointer(_) | TypeKind::MemberPointer { .. } | TypeKind::Array { .. } | TypeKind::Float(_)) => {
            Some(Rank::of(Sort::Boolean, 0))
        }
        _ if is_same(to, from) => Some(Rank::EXACT),
        (TypeKind::Struct { .. }, TypeKind::Struct { .. }) => {
            distance(from, &to.name, 0).map(|far| Rank::of(Sort::Conversion, far))
        }
        (TypeKind::MemberPointer { target: a, .. }, TypeKind::MemberPointer { target: b, .. }) => {
            is_same(a, b).then_some(Rank::of(Sort::Conversion, 0))
        }
        (_, TypeKind::Enum { class: true, .. }) | (TypeKind::Enum { .. }, _) => None,
        _ if to.is_arithmetic() && from.is_arithmetic() => Some(rank_numbers(to, from)),
        _ => None,
    }
}

fn rank_pointers(a: &Arc<Type>, b: &Arc<Type>) -> Option<Rank> {
    let qualification = qualification(a, b);
    let conversion = if is_same(a, b) {
        Rank::EXACT
    } else if a.is_void() {
        Rank::of(Sort::Conversion, 1)
    } else if let Some(far) = distance(b.stripped(), &a.stripped().name, 0) {
        Rank::of(Sort::Promotion, far)
    } else {
        Rank::of(Sort::Odd, 0)
    };
    Some(conversion.and(qualification))
}

fn rank_numbers(to: &Arc<Type>, from: &Arc<Type>) -> Rank {
    let promoted = match &from.kind {
        // \[conv.prom\]: what is narrower than `int` becomes one; an enumeration its own type.
        TypeKind::Enum { .. } => to.is_integral() && to.size >= from.size,
        TypeKind::Float(_) => return Rank::of(if widens_float(to, from) { Sort::Promotion } else { Sort::Conversion }, 0),
        _ if from.size < 4 => to.is_integral(),
        _ => to.is_integral() && to.size > from.size,
    };
    let is_int = |ty: &Arc<Type>| ty.size == 4 && ty.is_signed() && matches!(ty.kind, TypeKind::Int { .. });
    match () {
        // gdb takes another integer before a floating-point number, where C++ sees no difference.
        () if to.float().is_some() => Rank::of(Sort::Conversion, 2),
        () if matches!(to.kind, TypeKind::Bool) => Rank::of(Sort::Boolean, 0),
        () if promoted && to.size > from.size => Rank::of(Sort::Promotion, u32::from(!is_int(to)) * 2),
        () if promoted && matches!(from.kind, TypeKind::Enum { .. }) => Rank::of(Sort::Promotion, u32::from(!is_int(to)) * 2),
        () => Rank::of(Sort::Conversion, u32::from(to.is_signed() != from.is_signed())),
    }
}

fn widens_float(to: &Arc<Type>, from: &Arc<Type>) -> bool {
    to.float().is_some() && to.size > from.size
}

/// Whether two types are one, whatever their qualifiers: by their names, or by their parts where they have none.
pub(super) fn is_same(a: &Arc<Type>, b: &Arc<Type>) -> bool {
    same(a, b, 0)
}

fn same(a: &Arc<Type>, b: &Arc<Type>, depth: u32) -> bool {
    let (a, b) = (a.stripped(), b.stripped());
    let below = |a: &Arc<Type>, b: &Arc<Type>| depth < MAX_DEPTH && qualifiers(a) == qualifiers(b) && same(a, b, depth + 1);
    match (&a.kind, &b.kind) {
        (TypeKind::Pointer(a), TypeKind::Pointer(b)) => below(a, b),
        (TypeKind::Reference(a, x), TypeKind::Reference(b, y)) => x == y && below(a, b),
        (TypeKind::Array { element: x, .. }, TypeKind::Array { element: y, .. }) => a.size == b.size && below(x, y),
        (TypeKind::MemberPointer { class: a, target: x }, TypeKind::MemberPointer { class: b, target: y }) => {
            below(a, b) && below(x, y)
        }
        (TypeKind::Function(f), TypeKind::Function(g)) => {
            let params = f.params.len() == g.params.len() && f.params.iter().zip(&*g.params).all(|(x, y)| below(x, y));
            params && below(&f.result, &g.result)
        }
        (TypeKind::Void, TypeKind::Void) => true,
        _ => !a.name.is_empty() && a.name == b.name && std::mem::discriminant(&a.kind) == std::mem::discriminant(&b.kind),
    }
}

/// How many steps lie between a class and one of its bases; 0 for itself.
fn distance(class: &Arc<Type>, base: &str, depth: u32) -> Option<u32> {
    let TypeKind::Struct { .. } = &class.stripped().kind else { return None };
    if *class.stripped().name == *base {
        return Some(0);
    }
    if base.is_empty() || depth >= MAX_DEPTH {
        return None;
    }
    let class = class.completed();
    let TypeKind::Struct { fields, .. } = &class.stripped().kind else { return None };
    let is_base = |f: &&Field| matches!(f.kind, FieldKind::Base | FieldKind::VirtualBase(_));
    fields.get().ok()?.iter().filter(is_base).filter_map(|f| Some(1 + distance(&f.ty, base, depth + 1)?)).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{SliceMemory, VirtAddr};
    use crate::value::base_type;

    fn ty(name: &str) -> Arc<Type> {
        match name.strip_suffix('*') {
            Some(target) => Type::pointer(&ty(target)),
            None => match name.strip_prefix("const ") {
                Some(target) => Type::qualified(&ty(target), true, false),
                None => base_type(name).unwrap(),
            },
        }
    }

    fn chosen(parameters: &[&str], argument: Value) -> &'static str {
        let arguments = [argument];
        let candidates: Vec<_> = parameters
            .iter()
            .map(|p| FunctionType { result: Type::int(), params: [ty(p)].into(), variadic: false, prototyped: true })
            .map(|f| (f, &arguments[..]))
            .collect();
        best(&candidates, &SliceMemory::default()).map_or("", |i| parameters[i].to_string().leak())
    }

    #[test]
    fn the_best_conversion_wins() {
        // What g++ calls; `nothing` is what it refuses.
        let all = ["bool", "float", "unsigned int", "long", "const char*", "double", "char", "int"];
        for (argument, expected) in [
            ("int", "int"),
            ("char", "char"),
            ("short", "int"),
            ("unsigned char", "int"),
            ("unsigned int", "unsigned int"),
            ("float", "float"),
            ("bool", "bool"),
            ("long", "long"),
            ("char*", "const char*"),
            ("int*", "bool"),
        ] {
            assert_eq!(chosen(&all, Value::at(&ty(argument), VirtAddr(0))), expected, "{argument}");
        }
        assert_eq!(chosen(&["int", "double"], Value::at(&ty("float"), VirtAddr(0))), "double");
        assert_eq!(chosen(&["const char*", "char*"], Value::at(&ty("char*"), VirtAddr(0))), "char*");
        assert_eq!(chosen(&["void*", "int*"], Value::at(&ty("char*"), VirtAddr(0))), "void*");
        assert_eq!(chosen(&["int*"], Value::int(&Type::int(), 0)), "int*");
        assert_eq!(chosen(&["int*"], Value::int(&Type::int(), 1)), "");
    }

    #[test]
    fn references_bind_as_in_cpp() {
        let int = ty("int");
        let reference = |target: &Arc<Type>, rvalue| FunctionType {
            result: Type::int(),
            params: [Type::reference(target, rvalue)].into(),
            variadic: false,
            prototyped: true,
        };
        let candidates = [reference(&int, false), reference(&ty("const int"), false), reference(&int, true)];
        let pick = |value: Value, of: &[usize]| {
            let arguments = [value];
            let some: Vec<_> = of.iter().map(|i| (candidates[*i].clone(), &arguments[..])).collect();
            best(&some, &SliceMemory::default()).map(|i| of[i])
        };
        assert_eq!(pick(Value::at(&int, VirtAddr(8)), &[0, 1, 2]), Some(0));
        assert_eq!(pick(Value::at(&ty("const int"), VirtAddr(8)), &[0, 1, 2]), Some(1));
        assert_eq!(pick(Value::int(&int, 5), &[0, 1, 2]), Some(2));
        assert_eq!(pick(Value::int(&int, 5), &[0, 1]), Some(1));
        assert_eq!(pick(Value::int(&int, 5), &[0]), None);
    }
}
