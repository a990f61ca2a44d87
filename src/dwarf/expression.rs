//! DWARF expressions (DWARF5 §2.5), as unwind tables use them.

use gimli::{EndianSlice, Evaluation, EvaluationResult, LittleEndian, Location, Value};

use crate::base::{Error, LoadBias, Memory, Result, VirtAddr};

/// More operations than any real expression runs; a loop ends here.
const MAX_STEPS: u32 = 10_000;

/// What an expression may ask for.
pub trait ExpressionHost {
    /// The value of a register by its DWARF number; `None` if it is not known.
    fn register(&self, dwarf: u16) -> Option<u64>;
    /// The memory.
    fn memory(&self) -> &dyn Memory;
    /// What is added to addresses in the expression.
    fn load_bias(&self) -> LoadBias;
}

/// Runs an expression with `initial` on its stack (the CFA, for the rules of registers); what is on top at its end: an address
/// or a value, as the rule has it.
pub fn evaluate(expression: &[u8], initial: Option<u64>, host: &dyn ExpressionHost) -> Result<u64> {
    let encoding = gimli::Encoding { address_size: 8, format: gimli::Format::Dwarf32, version: 5 };
    let mut run = Evaluation::new(EndianSlice::new(expression, LittleEndian), encoding);
    run.set_max_iterations(MAX_STEPS);
    if let Some(value) = initial {
        run.set_initial_value(value);
    }
    let mut state = run.evaluate().map_err(bad)?;
    loop {
        state = match state {
            EvaluationResult::Complete => break,
            EvaluationResult::RequiresMemory { address, size, .. } => {
                let mut word = [0; 8];
                let wanted = word.get_mut(..size.into()).ok_or_else(|| unsupported("a read of more than eight bytes"))?;
                host.memory().read(VirtAddr(address), wanted)?;
                run.resume_with_memory(Value::Generic(u64::from_le_bytes(word)))
            }
            EvaluationResult::RequiresRegister { register, .. } => {
                let value = host.register(register.0).ok_or_else(|| unsupported("a register that is not known"))?;
                run.resume_with_register(Value::Generic(value))
            }
            EvaluationResult::RequiresRelocatedAddress(at) => {
                run.resume_with_relocated_address(at.wrapping_add(host.load_bias().0))
            }
            _ => return Err(unsupported("an operation that unwinding has no answer to")),
        }
        .map_err(bad)?;
    }
    match run.as_result() {
        [piece] => match piece.location {
            Location::Address { address } => Ok(address),
            Location::Value { value } => value.to_u64(u64::MAX).map_err(bad),
            _ => Err(unsupported("a result that is neither address nor value")),
        },
        _ => Err(unsupported("a result in pieces")),
    }
}

fn bad(e: gimli::Error) -> Error {
    Error::User(format!("DWARF expression: {e}."))
}

fn unsupported(what: &str) -> Error {
    Error::User(format!("DWARF expression needs {what}."))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::base::SliceMemory;

    struct Host(SliceMemory);

    impl ExpressionHost for Host {
        fn register(&self, dwarf: u16) -> Option<u64> {
            [None, None, None, None, None, None, None, Some(0x1000)]
                .get(usize::from(dwarf))
                .copied()
                .flatten()
                .or((dwarf == 16).then_some(0x401036))
        }
        fn memory(&self) -> &dyn Memory {
            &self.0
        }
        fn load_bias(&self) -> LoadBias {
            LoadBias(0x10_0000)
        }
    }

    fn run(expression: &[u8], initial: Option<u64>) -> Result<u64> {
        let bytes = (0..64).collect();
        evaluate(expression, initial, &Host(SliceMemory { start: VirtAddr(0x1000), bytes }))
    }

    #[test]
    fn a_plt_stubs_cfa_depends_on_the_pc() {
        // binutils' .eh_frame for .plt: rsp + 8, and 8 more once the index was pushed: (rip & 15 >= 11) << 3.
        let expression = [0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22];
        assert_eq!(run(&expression, None).unwrap(), 0x1008);
        let pushed = [0x77, 8, 0x80, 5, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22];
        assert_eq!(run(&pushed, None).unwrap(), 0x1010);
    }

    #[test]
    fn memory_and_addresses_come_from_the_host() {
        assert_eq!(run(&[0x77, 8, 0x06], None).unwrap(), 0x0f0e_0d0c_0b0a_0908);
        assert_eq!(run(&[0x03, 0x10, 0, 0, 0, 0, 0, 0, 0], None).unwrap(), 0x10_0010);
        assert_eq!(run(&[0x23, 0x10], Some(0x20)).unwrap(), 0x30);
    }

    #[test]
    fn damage_is_an_error_and_a_loop_ends() {
        assert!(run(&[], None).is_err());
        assert!(run(&[0x22], None).is_err());
        assert!(run(&[0x70, 0], None).is_err(), "a register that is not known");
        assert!(run(&[0x30, 0x06], None).is_err(), "an unmapped address");
        assert!(run(&[0x2f, 0xfd, 0xff], None).is_err(), "DW_OP_skip to itself");
    }
}
