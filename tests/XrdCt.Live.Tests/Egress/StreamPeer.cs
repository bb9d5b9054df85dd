using System.Text.Json;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Tests.Simulators;

namespace XrdCt.Live.Tests.Egress;

/// <summary>Messages on disk, read by the Python peer.</summary>
internal sealed class StreamPeer : IDisposable
{
    private const string Modules = "cbor2, msgpack, h5py, hdf5plugin, lz4.block, fabio, numpy";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("xrdct-egress");
    private readonly List<string> _folders = [];
    private int _count;

    public void Dispose() => _root.Delete(recursive: true);

    /// <summary>Begins another series of messages.</summary>
    public void Begin(string name)
    {
        _folders.Add(Path.Combine(_root.FullName, name));
        Directory.CreateDirectory(_folders[^1]);
        _count = 0;
    }

    /// <summary>Keeps the message; none where it has no parts.</summary>
    public void Take(OutgoingMessage message)
    {
        for (int part = 0; part < message.Parts.Count; part++)
        {
            File.WriteAllBytes(Path.Combine(_folders[^1], $"m{_count:D2}_p{part}"), message.Parts[part].ToArray());
        }

        _count++;
    }

    /// <summary>Keeps the pixels that the peer must find in an image.</summary>
    public void Expect(int index, ReadOnlySpan<byte> pixels) =>
        File.WriteAllBytes(Path.Combine(_folders[^1], $"plain_{index}.bin"), pixels.ToArray());

    /// <summary>What the peer makes of the messages, by series; fails where the pixels are not the expected ones.</summary>
    public JsonElement[][] Check(string dialect)
    {
        string script = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "egress", "stream_peer.py"));
        string output = PythonPeer.Run(Modules, script, ["check", dialect, .. _folders]);
        return [.. JsonDocument.Parse(output).RootElement.EnumerateArray().Select(m => m.EnumerateArray().ToArray())];
    }
}
