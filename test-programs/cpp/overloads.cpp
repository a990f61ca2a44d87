// Lines with several places: overloads, templates, constructors, methods, a lambda.
// build: plain = c++ -g -O0 -no-pie
// build: optimised = c++ -g -O2 -no-pie
// build: clang = clang++ -g -O0 -no-pie

namespace ns {
template <class T>
T add(T a, T b)
{
    T r = a + b;
    return r;
}

struct Shape {
    int w, h;
    Shape(int a, int b)
        : w(a), h(b)
    {
    }
    virtual ~Shape() {}
    virtual int area() const
    {
        return w * h;
    }
    int area(int k)
    {
        return w * h * k;
    }
};
}

int over(int a)
{
    return a + 1;
}

int over(double d)
{
    return (int)d;
}

int main()
{
    int sum = 0;
    ns::Shape s(2, 3);
    sum += s.area();
    sum += ns::add(1, 2);
    int x = (int)ns::add(1.5, 2.5);
    auto lam = [&](int k) {
        return k + x;
    };
    return over(lam(3)) + over(2.0) + s.area(2) + sum;
}
