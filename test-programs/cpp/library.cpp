// The standard library's containers, pointers and iterators, to be asked by their operators and methods.
// build: d5 = c++ -std=c++17 -g -O0
// build: clang = clang++ -std=c++17 -g -O0
// build: libcxx = clang++ -std=c++17 -g -O0 -stdlib=libc++
#include <vector>
#include <string>
#include <map>
#include <unordered_map>
#include <deque>
#include <array>
#include <list>
#include <memory>
#include <set>
#include <optional>
#include <string_view>
#include <bitset>
#include <tuple>
struct P { int x, y; };
int main() {
 std::vector<int> v{1,2,3}; std::vector<bool> vb{true,false,true}; std::string s = "hello"; std::map<int,P> m{{1,{2,3}},{5,{6,7}}}; std::map<std::string,int> ms{{"a",1},{"bc",2}};
 std::unordered_map<int,int> um{{1,10},{2,20}}; std::deque<int> d{7,8,9}; std::array<int,3> a{4,5,6}; std::list<int> l{1,2}; auto up = std::make_unique<P>(P{1,2}); auto sp = std::make_shared<P>(P{3,4});
 std::vector<P> vp{{1,2},{3,4}}; std::vector<std::vector<int>> vv{{1},{2,3}}; auto it = v.begin(); auto mit = m.begin(); auto lit = l.begin(); std::optional<int> o = 5; std::string_view sv = s; std::bitset<8> bs(5); std::vector<std::string> vs{"x","yy"}; auto sit = vs.begin();
 std::unordered_map<std::string,int> ums{{"k",1}}; std::set<int> st{1,2}; std::vector<int> empty; std::unique_ptr<P> nul; auto dit = d.begin(); auto uit = um.find(2); auto stit = st.begin(); std::map<int,int> nomap; std::set<int>::const_iterator cit = st.begin();
 const std::vector<int> &rv = v; std::unique_ptr<int[]> ua(new int[3]{1,2,3}); std::pair<int,double> pr{1,2.5}; std::tuple<int,char> tp{1,'c'}; std::weak_ptr<P> wp = sp; std::shared_ptr<int> si = std::make_shared<int>(9);
 return v[1] + s[1] + d[1] + a[1] + up->x + sp->y + vp[1].x + (*it) + mit->first + *lit + *o + vs[0][0] + m[1].x + um[1] + ms["a"] + v.size() + s.size() + v.at(1) + v.empty() + (*sp).x + sit->size() + (v == rv) + (s == "a") + *dit + ua[1] + *si + uit->second + *stit + *cit; // stop
}
