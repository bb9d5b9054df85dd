namespace XrdCt.Live.Tests.Ingest;

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("xrdct-ingest-");

    internal string PathOf(string name) => Path.Combine(_folder.FullName, name);

    internal string Write(string name, ReadOnlySpan<byte> bytes)
    {
        string path = PathOf(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
