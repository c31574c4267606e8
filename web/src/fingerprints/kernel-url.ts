// Where the kernel of native/pdq.hpp is served; `native/build_wasm.py` makes the file.
import url from '../../public-build/pdq.wasm?url';

export default url;
