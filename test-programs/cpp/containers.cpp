// The containers and pointers of the standard library.
// build: d5 = c++ -std=c++20 -g -gdwarf-5 -O0 -w
// build: d4 = c++ -std=c++17 -g -gdwarf-4 -O0 -w
// build: clang = clang++ -std=c++17 -g -O0 -w -fstandalone-debug
#include <string>
#include <vector>
#include <list>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <array>
#include <tuple>
#include <optional>
#include <variant>
#include <memory>
#include <functional>
#include <bitset>
#include <chrono>
#include <string_view>
#include <forward_list>
#include <stack>
#include <queue>
#include <any>
#include <complex>
#include <atomic>
#include <mutex>
#include <cstdio>
using namespace std;
struct P { int x; string s; };
int freef(int a){return a;}
int main() {
  string s0, s1 = "short", s2 = "a rather long string that does not fit", s3("nul\0in", 6); wstring ws = L"wide"; u16string u16 = u"sixteen"; u32string u32s = U"thirtytwo"; string_view sv = s2; 
  vector<int> v0, v1 = {1,2,3}; vector<string> vs = {"a","b"}; vector<bool> vb = {true,false,true}; vector<vector<int>> vv = {{1},{2,3}}; vector<P> vp = {{1,"p"},{2,"q"}}; vector<int> vbig(300, 7); vector<int*> vip = {nullptr};
  array<int,3> a3 = {1,2,3}; array<int,0> a0; deque<int> dq; for (int i=0;i<300;i++) dq.push_back(i); deque<int> dq0; deque<string> dqs = {"x","y"};
  list<int> l = {1,2,3}, l0; forward_list<int> fl = {4,5}, fl0;
  map<string,int> m = {{"one",1},{"two",2}}; map<int,string> mis = {{1,"a"},{2,"b"}}, m0; set<int> st = {3,1,2}, st0; multimap<int,int> mm = {{1,1},{1,2}}; multiset<int> ms = {1,1}; map<string,vector<int>> mv = {{"k",{1,2}}};
  unordered_map<int,string> um = {{1,"one"}}; unordered_map<string,int> ums = {{"k",2}}; unordered_set<int> us = {5}; unordered_multimap<int,int> umm = {{1,2}}; unordered_map<int,int> um0; unordered_multiset<int> ums2 = {4};
  pair<int,string> pr = {1,"pair"}; tuple<int,string,double> tp = {1,"t",2.5}; tuple<> t0; tuple<int> t1 = {1};
  optional<int> o0, o1 = 5; optional<string> os = "opt"; variant<int,string> va = 3, va2 = "var"; any an0, an1 = 5;
  unique_ptr<int> up0, up(new int(5)); unique_ptr<P> upp(new P{1,"u"}); unique_ptr<int[]> upa(new int[2]); shared_ptr<int> sp0, sp = make_shared<int>(6), sp2 = sp; weak_ptr<int> wp = sp; shared_ptr<P> spp(new P{3,"sp"});
  function<int(int)> f0, f1 = freef, f2 = [&](int x){ return x + v1[0]; };
  bitset<10> bs(5); bitset<100> bs2; bs2[70]=1; chrono::seconds sec(5); chrono::milliseconds msec(1500); chrono::nanoseconds ns(10); chrono::hours hrs(2); chrono::system_clock::time_point tpnt{chrono::seconds(86400)}; 
  stack<int> stk; stk.push(1); queue<int> q; q.push(2); priority_queue<int> pq; pq.push(3); complex<double> cd(1,2); atomic<int> ai(7); mutex mtx; initializer_list<int> il = {1,2};
  auto vit = v1.begin(); auto lit = l.begin(); auto mit = m.begin(); auto sit = st.begin(); auto umit = um.begin(); auto dit = dq.begin(); vector<int>::iterator vit0{}; 
  string &rs = s1; const vector<int> &cvr = v1; string *ps = &s2; vector<int> *pv = &v1; reference_wrapper<int> rw = *sp;
  P p = {9, "member"};
  printf("%d %s\n", (int)(v1.size()+f2(1)), s2.c_str());
  return 0; // BREAK
}
