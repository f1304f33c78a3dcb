fn main() -> std::io::Result<()> {
    let proto = "../../benchpb";
    tonic_prost_build::configure().compile_protos(&[format!("{proto}/bench.proto")], &[proto.to_owned()])
}
