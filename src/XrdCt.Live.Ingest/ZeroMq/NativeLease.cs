using System.Buffers;
using System.Runtime.CompilerServices;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>
/// A message part in libzmq's own memory. Filled by its receiver, read by anybody, freed once by whoever holds it; the object then goes
/// back to the pool, so that a frame costs no allocation.
/// </summary>
internal sealed unsafe class NativeLease : FrameLease
{
    private readonly NativeLeasePool _pool;
    private readonly void* _message;
    private readonly Window _window = new();

    // zmq_msg_t, pinned: it lives and dies with this object, unlike the bytes it points to.
    private readonly ulong[] _structure = GC.AllocateArray<ulong>(LibZmq.MessageBytes / sizeof(ulong), pinned: true);
    private int _isLent;

    internal NativeLease(NativeLeasePool pool)
    {
        _pool = pool;
        _message = Unsafe.AsPointer(ref _structure[0]);
        LibZmq.Expect(LibZmq.InitMessage(_message));
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes =>
        Volatile.Read(ref _isLent) == 1 ? _window.GetSpan() : throw new ObjectDisposedException(nameof(NativeLease));

    /// <summary>The same bytes, for readers that take memory; valid as long as <see cref="Bytes"/>.</summary>
    internal ReadOnlyMemory<byte> Memory => _window.Memory;

    /// <summary>Whether another part of the same message follows.</summary>
    internal bool HasMore { get; private set; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        // A second call is harmless as long as the lease has not been lent again.
        if (Interlocked.Exchange(ref _isLent, 0) == 1)
        {
            _window.Set(null, 0);
            LibZmq.Expect(LibZmq.CloseMessage(_message));
            LibZmq.Expect(LibZmq.InitMessage(_message));
            _pool.TakeBack(this);
        }
    }

    /// <summary>Receives one part.</summary>
    /// <returns>False where nothing came in time, or a signal came in between.</returns>
    internal bool TryReceive(nint socket, int flags)
    {
        if (LibZmq.ReceiveMessage(_message, socket, flags) < 0)
        {
            return false;
        }

        HasMore = LibZmq.HasMore(_message) != 0;
        _window.Set(LibZmq.DataOf(_message), checked((int)LibZmq.SizeOf(_message)));
        Volatile.Write(ref _isLent, 1);
        return true;
    }

    private sealed class Window : MemoryManager<byte>
    {
        private byte* _data;
        private int _length;

        public void Set(byte* data, int length)
        {
            _data = data;
            _length = length;
        }

        public override Memory<byte> Memory => CreateMemory(_length);

        public override Span<byte> GetSpan() => new(_data, _length);

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length, nameof(elementIndex));
            return new MemoryHandle(_data + elementIndex);
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
