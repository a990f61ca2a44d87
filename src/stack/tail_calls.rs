//! The functions that have left by a tail call, between a call and the function that runs there (DWARF5 §3.4, DW_AT_call_tail_call).

use crate::base::VirtAddr;

/// A call that is a jump: its function's frame is gone when the callee runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TailCall {
    /// The run-time address behind the jump: the pc of the frame that is no more.
    pub returns_to: VirtAddr,
    /// The entry of the function that it leads to.
    pub target: VirtAddr,
}

/// What call-site entries tell of the calls of a process.
pub trait CallGraph {
    /// The entry of the function that the call before a return address leads to, if it is always the same.
    fn target(&self, returns_to: VirtAddr) -> Option<VirtAddr>;
    /// The tail calls of the function that is entered here; `None` where one of them may lead anywhere, or nothing is known.
    fn tail_calls(&self, function: VirtAddr) -> Option<Vec<TailCall>>;
}

/// Tail calls that are looked at, at most; where there are more, nothing is said.
const MAX_LOOKS: usize = 1 << 12;
/// A function of more tail calls is not followed.
const MAX_DEPTH: usize = 64;

/// The pcs of the frames that have been left by tail calls between the call that returns to `returns_to` and the function that
/// is entered at `callee`, the innermost first. Of several possible ways only the calls are told that all of them begin or end
/// with, as gdb does it.
pub fn left_by_tail_calls(graph: &dyn CallGraph, returns_to: VirtAddr, callee: VirtAddr) -> Vec<VirtAddr> {
    let Some(first) = graph.target(returns_to).filter(|target| *target != callee) else { return Vec::new() };
    let mut search = Search { graph, callee, chain: Vec::new(), common: None, looks: 0 };
    match search.follow(first).and(search.common) {
        Some(common) => common.frames(),
        None => Vec::new(),
    }
}

struct Search<'g> {
    graph: &'g dyn CallGraph,
    callee: VirtAddr,
    /// The way so far, from the caller on.
    chain: Vec<VirtAddr>,
    common: Option<Common>,
    looks: usize,
}

impl Search<'_> {
    /// Takes every way on from a function; `None` where one leads into the unknown.
    fn follow(&mut self, function: VirtAddr) -> Option<()> {
        for call in self.graph.tail_calls(function)? {
            self.looks += 1;
            if self.looks > MAX_LOOKS || self.chain.len() >= MAX_DEPTH {
                return None;
            }
            if self.chain.contains(&call.returns_to) {
                continue;
            }
            self.chain.push(call.returns_to);
            if call.target == self.callee {
                self.arrived()?;
            } else {
                self.follow(call.target)?;
            }
            self.chain.pop();
        }
        Some(())
    }

    /// A way that leads to the callee.
    fn arrived(&mut self) -> Option<()> {
        match &mut self.common {
            None => {
                self.common = Some(Common { way: self.chain.clone(), callers: self.chain.len(), callees: self.chain.len() });
            }
            Some(common) => common.narrow(&self.chain)?,
        }
        Some(())
    }
}

/// What all ways have in common.
struct Common {
    /// One of them, from the caller on.
    way: Vec<VirtAddr>,
    /// So many at its start.
    callers: usize,
    /// So many at its end.
    callees: usize,
}

impl Common {
    /// `None` where nothing is left.
    fn narrow(&mut self, way: &[VirtAddr]) -> Option<()> {
        let same = |pairs: &mut dyn Iterator<Item = (&VirtAddr, &VirtAddr)>| pairs.take_while(|(a, b)| a == b).count();
        self.callers = self.callers.min(same(&mut self.way.iter().zip(way)));
        self.callees = self.callees.min(same(&mut self.way.iter().rev().zip(way.iter().rev())));
        (self.callers + self.callees > 0).then_some(())
    }

    fn frames(self) -> Vec<VirtAddr> {
        if self.callees == self.way.len() {
            return self.way.into_iter().rev().collect();
        }
        let inner = self.way.iter().rev().take(self.callees);
        let outer = self.way.iter().take(self.callers).rev();
        inner.chain(outer).copied().collect()
    }
}

/// Whether the function that is entered here may, by tail calls, become another activation of itself: then nobody knows what its
/// caller has passed to the activation that runs.
pub fn may_call_itself(graph: &dyn CallGraph, function: VirtAddr) -> bool {
    let mut known = vec![function];
    let mut at = 0;
    while let Some(next) = known.get(at).copied() {
        at += 1;
        let Some(calls) = graph.tail_calls(next).filter(|_| at <= MAX_LOOKS) else { return true };
        for call in calls {
            if call.target == function {
                return true;
            }
            if !known.contains(&call.target) {
                known.push(call.target);
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions by entry with their tail calls; a target of 0 is unknown. `main` calls 100 and the call returns to 1.
    struct Graph(&'static [(u64, &'static [(u64, u64)])]);

    impl CallGraph for Graph {
        fn target(&self, returns_to: VirtAddr) -> Option<VirtAddr> {
            (returns_to.0 == 1).then_some(VirtAddr(100))
        }
        fn tail_calls(&self, function: VirtAddr) -> Option<Vec<TailCall>> {
            let calls = self.0.iter().find(|f| f.0 == function.0).map_or(&[][..], |f| f.1);
            let known = |c: &(u64, u64)| (c.1 != 0).then_some(TailCall { returns_to: VirtAddr(c.0), target: VirtAddr(c.1) });
            calls.iter().map(known).collect()
        }
    }

    fn left(graph: &Graph) -> Vec<u64> {
        left_by_tail_calls(graph, VirtAddr(1), VirtAddr(900)).into_iter().map(|a| a.0).collect()
    }

    #[test]
    fn one_way_is_told_whole() {
        assert_eq!(left(&Graph(&[(100, &[(110, 200)]), (200, &[(210, 300)]), (300, &[(310, 900)])])), [310, 210, 110]);
        assert_eq!(left(&Graph(&[(100, &[(110, 200), (120, 400)]), (200, &[(210, 900)])])), [210, 110]);
    }

    #[test]
    fn of_several_ways_only_what_they_share() {
        // gdb's manual, "Tail Call Frames": main() -> a -> b -> c -> d or a -> e -> f -> c -> d: what a and c have done is known.
        let forked = Graph(&[(100, &[(110, 200), (120, 400)]), (200, &[(210, 300)]), (400, &[(410, 300)]), (300, &[(310, 900)])]);
        assert_eq!(left(&forked), [310]);
        let joined_late = Graph(&[(100, &[(110, 200)]), (200, &[(210, 900), (220, 900)])]);
        assert_eq!(left(&joined_late), [110]);
        let both_ends = Graph(&[(100, &[(110, 200)]), (200, &[(210, 300), (220, 300)]), (300, &[(310, 900)])]);
        assert_eq!(left(&both_ends), [310, 110]);
        assert!(left(&Graph(&[(100, &[(110, 900), (120, 900)])])).is_empty());
    }

    #[test]
    fn a_way_into_the_unknown_says_nothing() {
        assert!(left(&Graph(&[(100, &[(110, 900), (120, 200)]), (200, &[(210, 0)])])).is_empty());
        assert!(left(&Graph(&[(100, &[])])).is_empty());
        // However often two functions have jumped to each other, the first and the last jump are these.
        assert_eq!(left(&Graph(&[(100, &[(110, 200)]), (200, &[(210, 100), (220, 900)])])), [220, 110]);
    }

    #[test]
    fn functions_that_may_run_again() {
        let graph = Graph(&[(100, &[(110, 200)]), (200, &[(210, 100)]), (300, &[(310, 400)]), (500, &[(510, 0)])]);
        assert!(may_call_itself(&graph, VirtAddr(100)) && may_call_itself(&graph, VirtAddr(500)));
        assert!(!may_call_itself(&graph, VirtAddr(300)) && !may_call_itself(&graph, VirtAddr(400)));
    }
}
