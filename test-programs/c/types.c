// C's types, each in a global variable: print, ptype, whatis and ptype/o of them.
// build: d5 = cc -g -gdwarf-5 -O0 -w
// build: d4 = cc -g -gdwarf-4 -O0 -w
// build: o2 = cc -g -O2 -w
// build: clang = clang -g -gdwarf-5 -O0 -w -DNO_FLOAT16
// build: clang2 = clang -g -gdwarf-2 -O0 -w -DNO_FLOAT16
#include <stdio.h>
#include <stdint.h>
#include <wchar.h>
#include <complex.h>
#include <stdbool.h>
#ifdef NO_FLOAT16
typedef float F16;
typedef double F128;
#else
typedef _Float16 F16;
typedef _Float128 F128;
#endif
typedef unsigned long size_tt;
enum color { RED, GREEN = 5, BLUE };
enum flags { F_A = 1, F_B = 2, F_C = 4 };
enum { ANON_X = 3, ANON_Y = -2 } anon_e = ANON_Y;
typedef enum { T1, T2 = 10 } tenum;
struct inner { int a; char b; };
union un { int i; float f; char c[8]; };
typedef struct { int p, q; } anon_t;
typedef struct node { int v; struct node *next; } node_t;
struct opaque;
struct empty {};
struct bits { unsigned a:3; int b:5; unsigned long c:40; int :4; unsigned d:1; _Bool e:1; enum color col:4; signed char s:3;};
struct flex { int n; int data[]; };
struct big {
  char c; signed char sc; unsigned char uc;
  short s; unsigned short us; int i; unsigned u; long l; unsigned long ul; long long ll; unsigned long long ull;
  float f; double d; long double ld;
  _Bool bo; wchar_t w; 
  char name[10]; unsigned char raw[4]; signed char sraw[3]; int arr[3]; int mat[2][3];
  struct inner in; union un u1; 
  struct { int x; int y; } anon_s; 
  struct { int ax; union { int ay; float az; }; };
  enum color col; enum flags fl; tenum te;
  int *ip; char *str; const char *cstr; void *vp; int (*fp)(int, char*); int (*farr[2])(void);
  struct inner *inp; struct opaque *op; node_t *np; anon_t at; size_tt st;
  const int ci; volatile int vi; const volatile char *cvp; int *const cp; int *restrict rp;
  float complex fc; double complex dc;
  __int128 i128; unsigned __int128 u128; F16 f16; F128 f128;
  int8_t i8; uint8_t u8; uint64_t u64;
  wchar_t ws[4];
  uint16_t u16a[3];
} ;
typedef int v4si __attribute__((vector_size(16)));
typedef float v4sf __attribute__((vector_size(16)));
v4si vec = {1,2,3,4};
v4sf fvec = {1,2.5,3,4};
int fun(int a, char *b) { return a; }
int fun0(void) { return 1; }
int funk() { return 1; }
int vfun(const char *f, ...) { return 1; }
node_t n2 = {2, 0}, n1 = {1, &n2};
struct bits bits = {5, -3, 0x123456789a, 1, 1, GREEN, -2};
struct flex flex = {2, {1,2}};
struct empty emp;
union un gu = {.i = 1078530011};
_Atomic int at_i = 5;
struct big g = { 'c', -1, 200, -2, 65535, -3, 4000000000u, -4, 5, -6, 7, 1.5, 2.25, 3.125L, 1, L'w', "name", {1,2,3,4}, {65,66,67}, {1,2,3}, {{1,2,3},{4,5,6}}, {1,'b'}, {.i=5}, {7,8}, {9,{10}}, GREEN, F_A|F_C, T2, &g.i, "string", "const", &g, fun, {fun0, fun0}, &g.in, 0, &n1, {3,4}, 99, 1, 2, "cv", &g.i, &g.i, 1+2*I, 3-4*I, -5, 5, 1.5, 2.5, -8, 200, 1ull<<63, L"wid", {1,2,3}};
char *strs[3] = {"one", "two", 0};
struct inner ia[20] = {{1,'a'},{2,'b'}};
struct inner *ipa[2] = {ia, ia+1};
tenum te = T2; enum color colr = 7; enum flags flg = 9;
int rep[300];
int (*gfp)(int, char*) = fun;
int (*(*ffp)(int))(char);
const char *const ccp = "ccp";
int vla_sum(int n) { int a[n]; int b[n][n+1]; for (int i=0;i<n;i++) a[i]=i; b[0][0]=3; return a[n-1] + b[0][0]; }
char buf[20] = "abc";
int main(int argc, char **argv) {
  struct local { int lx; } loc = {4};
  enum color (*ef)(void) = 0;
  struct flex *fp = &flex;
  printf("%d %d %p\n", vla_sum(4), loc.lx, (void*)&emp);
  return ef != 0 && argc > 100 && sizeof(*fp);
}
