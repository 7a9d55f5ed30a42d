// Stands in for the SDK: says each component that is made, and gives paths for its outputs.
const Trap = globalThis.Proxy; // a component has the same name

function later(path) {
    return new Trap(
        {},
        {
            get(_, key) {
                if (key === "toJSON") return () => ({ $output: path });
                if (key === "apply") return (then) => then(later(path));
                if (typeof key === "symbol") throw new Error(`an output is used as a text: ${path.join(".")}`);
                return later([...path, /^\d+$/.test(key) ? Number(key) : key]);
            },
        },
    );
}

function component(type) {
    return class {
        constructor(name, args) {
            console.log(JSON.stringify({ type, name, args }));
            return later([name]);
        }
    };
}
