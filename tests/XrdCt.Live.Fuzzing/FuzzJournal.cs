using System.IO.MemoryMappedFiles;
using System.Text;

namespace XrdCt.Live.Fuzzing;

/// <summary>
/// The running case, in a mapped file: what is written stays there when the process is killed by a guard page, so that the
/// process which started it can say which case it was.
/// </summary>
internal sealed class FuzzJournal : IDisposable
{
    private const int Size = 256;
    private const int NumberAt = 0;
    private const int SeedAt = 8;
    private const int NameAt = 16;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private string _target = "";

    internal FuzzJournal(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, Size);
        _view = _file.CreateViewAccessor(0, Size);
    }

    internal void Write(in FuzzCase current)
    {
        if (!ReferenceEquals(_target, current.Target))
        {
            _target = current.Target;
            byte[] name = new byte[Size - NameAt];
            Encoding.ASCII.GetBytes(_target, name);
            _view.WriteArray(NameAt, name, 0, name.Length);
            _view.Write(SeedAt, current.Seed);
        }

        _view.Write(NumberAt, current.Number);
    }

    /// <summary>The case last written; null where there was none.</summary>
    internal static FuzzCase? Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        string name = bytes.Length < Size ? "" : Encoding.ASCII.GetString(bytes, NameAt, Size - NameAt).TrimEnd('\0');
        return name.Length == 0
            ? null
            : new FuzzCase(name, BitConverter.ToUInt64(bytes, SeedAt), BitConverter.ToInt64(bytes, NumberAt));
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
