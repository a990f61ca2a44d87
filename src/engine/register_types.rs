//! The types of registers that no base type fits: gdb's flags and its unions of vector lanes.

use std::sync::{Arc, LazyLock};

use crate::arch::regs::RegType;
use crate::value::{Bits, Field, Flag, Language, Type, TypeKind, base_type};

/// The type of a register's value; gdb's own names for them. A function that takes nothing is written as `language` writes it.
pub(super) fn register_type(ty: RegType, language: Language) -> Arc<Type> {
    match ty {
        RegType::Int(1) => named("int8_t"),
        RegType::Int(2) => named("int16_t"),
        RegType::Int(4) => named("int32_t"),
        RegType::Int(_) => named("int64_t"),
        RegType::Long => named("long"),
        RegType::ControlWord => named("int"),
        RegType::Mask => named("uint64_t"),
        RegType::DataPointer => Type::pointer(&Type::void()),
        RegType::CodePointer if language == Language::Cpp => Type::pointer(&Type::function(&Type::void(), vec![], false)),
        RegType::CodePointer => Type::pointer(&Type::function_unprototyped(&Type::void())),
        RegType::Eflags => EFLAGS.clone(),
        RegType::Mxcsr => MXCSR.clone(),
        RegType::Extended => {
            let long_double = named("long double");
            Type::named("builtin_type_i387_ext", 16, long_double.kind.clone())
        }
        RegType::Vector(16) => VEC128.clone(),
        RegType::Vector(32) => VEC256.clone(),
        RegType::Vector(_) => VEC512.clone(),
    }
}

fn named(name: &str) -> Arc<Type> {
    // The names are those of the table of base types; void would show that one of them is not.
    base_type(name).unwrap_or_else(Type::void)
}

static EFLAGS: LazyLock<Arc<Type>> = LazyLock::new(|| {
    let bits = [
        ("CF", 0),
        ("", 1),
        ("PF", 2),
        ("AF", 4),
        ("ZF", 6),
        ("SF", 7),
        ("TF", 8),
        ("IF", 9),
        ("DF", 10),
        ("OF", 11),
        ("NT", 14),
        ("RF", 16),
        ("VM", 17),
        ("AC", 18),
        ("VIF", 19),
        ("VIP", 20),
        ("ID", 21),
    ];
    flags("i386_eflags", &bits)
});

static MXCSR: LazyLock<Arc<Type>> = LazyLock::new(|| {
    let names = ["IE", "DE", "ZE", "OE", "UE", "PE", "DAZ", "IM", "DM", "ZM", "OM", "UM", "PM"];
    let bits: Vec<(&str, u32)> = names.into_iter().zip(0..).chain([("FZ", 15)]).collect();
    flags("i386_mxcsr", &bits)
});

fn flags(name: &str, bits: &[(&str, u32)]) -> Arc<Type> {
    let flag = |(name, bit): &(&str, u32)| Flag { name: (*name).into(), bits: Bits { start: *bit, len: 1 } };
    Type::named(name, 4, TypeKind::Flags(bits.iter().map(flag).collect()))
}

static VEC128: LazyLock<Arc<Type>> = LazyLock::new(|| {
    let lanes = [
        ("v8_bfloat16", "v8bf16", lane("bfloat16", 2), 8),
        ("v8_half", "v8h", lane("half", 2), 8),
        ("v4_float", "v4f", named("float"), 4),
        ("v2_double", "v2d", named("double"), 2),
        ("v16_int8", "v16i8", named("int8_t"), 16),
        ("v8_int16", "v8i16", named("int16_t"), 8),
        ("v4_int32", "v4i32", named("int32_t"), 4),
        ("v2_int64", "v2i64", named("int64_t"), 2),
    ];
    let lanes = lanes.map(|(field, ty, element, n)| (field, Type::vector(ty, &element, n)));
    union("vec128", 16, lanes.into_iter().chain([("uint128", named("uint128_t"))]).collect())
});

static VEC256: LazyLock<Arc<Type>> = LazyLock::new(|| {
    let names =
        ["v16_bfloat16", "v16_half", "v8_float", "v4_double", "v32_int8", "v16_int16", "v8_int32", "v4_int64", "v2_int128"];
    wide("builtin_type_vec256i", 32, names)
});

static VEC512: LazyLock<Arc<Type>> = LazyLock::new(|| {
    let names =
        ["v32_bfloat16", "v32_half", "v16_float", "v8_double", "v64_int8", "v32_int16", "v16_int32", "v8_int64", "v4_int128"];
    wide("builtin_type_vec512i", 64, names)
});

fn wide(name: &str, size: u64, names: [&'static str; 9]) -> Arc<Type> {
    let elements = [
        lane("bfloat16", 2),
        lane("half", 2),
        named("float"),
        named("double"),
        named("int8_t"),
        named("int16_t"),
        named("int32_t"),
        named("int64_t"),
        named("int128_t"),
    ];
    let lanes = names.into_iter().zip(elements).map(|(field, e)| (field, Type::vector("", &e, size / e.size.max(1))));
    union(name, size, lanes.collect())
}

/// The two 16-bit formats, which are no base types of C.
fn lane(name: &str, size: u64) -> Arc<Type> {
    use crate::value::FloatFormat;
    let format = if name == "half" { FloatFormat::Half } else { FloatFormat::Bfloat16 };
    Type::named(name, size, TypeKind::Float(format))
}

fn union(name: &str, size: u64, members: Vec<(&str, Arc<Type>)>) -> Arc<Type> {
    let fields = members.into_iter().map(|(name, ty)| Field::new(name, &ty, 0)).collect();
    Type::structure(name, size, true, fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_fills_its_register() {
        for (ty, size) in [(RegType::Vector(16), 16), (RegType::Vector(32), 32), (RegType::Vector(64), 64)] {
            let ty = register_type(ty, Language::C);
            let TypeKind::Struct { fields, .. } = &ty.kind else { panic!("no union") };
            for field in fields.get().unwrap().iter() {
                assert_eq!(field.ty.size, size, "{}", field.name);
            }
        }
        let all = [RegType::Int(1), RegType::Int(2), RegType::Int(4), RegType::Int(8), RegType::Long, RegType::ControlWord];
        assert!(all.into_iter().chain([RegType::Mask, RegType::Extended]).all(|t| !register_type(t, Language::C).is_void()));
    }
}
